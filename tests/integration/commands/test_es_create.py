"""`es_create`, which a deployment may repeat."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.indices.names import is_generation_name
from django_es_admin.management.printed.operations_json import CreatedDocument, CreateDocument
from django_es_admin.models import Generation
from tests.integration.commands.conftest import Holders, Run
from tests.integration.commands.products import INDEX

pytestmark = pytest.mark.django_db


def outcomes(ended: Any) -> dict[str, str]:
    return {each["index"]: each["outcome"] for each in ended.json["indices"]}


def test_all_that_is_declared_is_created_once(run: Run, es: Elasticsearch) -> None:
    first = run("es_create", "--json")
    assert first.code == 0
    assert set(outcomes(first).values()) == {"created"}
    assert {INDEX, "products", "flat-products"} <= outcomes(first).keys()
    second = run("es_create", "--json")
    assert second.code == 0
    assert set(outcomes(second).values()) == {"exists"}
    generations = [
        [each["generation"] for each in ended.json["indices"]] for ended in (first, second)
    ]
    assert generations[0] == generations[1]


def test_the_plan_comes_first(run: Run, definition: IndexDefinition) -> None:
    ended = run("es_create", INDEX)
    plan, done = ended.out.splitlines()
    assert plan == f"{INDEX} on default: create it, 6 fields, no documents"
    generation = Generation.objects.get().name
    assert done == f"Created {generation} for {INDEX}."
    assert is_generation_name(definition.alias, generation)
    assert run("es_create", INDEX).out == (
        f"{INDEX} on default: exists as {generation}, is not changed\n"
    )


def test_json_has_the_documented_keys(
    run: Run, definition: IndexDefinition, holders: Holders
) -> None:
    document = run("es_create", INDEX, "--json").json
    assert document.keys() == {field.name for field in fields(CreateDocument)}
    (created,) = document["indices"]
    assert created.keys() == {field.name for field in fields(CreatedDocument)}
    assert created == {
        "index": INDEX,
        "connection": "default",
        "alias": definition.alias,
        "outcome": "created",
        "generation": holders()[0],
        "error": None,
    }


def test_an_index_in_the_way_stops_all(
    run: Run, es: Elasticsearch, definition: IndexDefinition
) -> None:
    es.index(index=definition.alias, document={"a": 1})
    ended = run("es_create", INDEX, "products", "--json")
    assert ended.code == 1
    assert outcomes(ended) == {INDEX: "failed", "products": "skipped"}
    assert f"{definition.alias} is a physical index, not an alias" in ended.message
    assert not Generation.objects.exists()
    assert run("es_create", INDEX, "products").out.splitlines() == [
        f"{INDEX} on default: cannot be created",
        "products on default: create it, 11 fields, no documents",
    ]


def test_one_that_elasticsearch_refuses_does_not_stop_the_others(
    run: Run, es: Elasticsearch, settings: Any
) -> None:
    settings.ES_INDICES = {
        "bad": {"SETTINGS": {"number_of_shards": -1}},
        "good": {"SETTINGS": {"number_of_replicas": 0}},
    }
    settings.ES_SERVERS = {
        "default": {**settings.ES_SERVERS["default"], "INDICES": ["bad", "good"]}
    }
    ended = run("es_create", "bad", "good", "--json")
    assert ended.code == 1
    assert outcomes(ended) == {"bad": "failed", "good": "created"}
    assert ended.message == ended.json["indices"][0]["error"]
    assert ended.message.startswith("The connection 'default' refused the request (400): ")
    assert "number_of_shards" in ended.message
    assert Generation.objects.get().name == ended.json["indices"][1]["generation"]


def test_a_readonly_connection(run: Run, es: Elasticsearch, settings: Any) -> None:
    default = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {"default": {**default, "READONLY": True}}
    ended = run("es_create", INDEX)
    settings.ES_SERVERS = {"default": default}
    assert ended.code == 1
    assert "is READONLY in ES_SERVERS" in ended.message


def test_an_unknown_index(run: Run, es: Elasticsearch) -> None:
    ended = run("es_create", INDEX, "nope")
    assert (ended.code, ended.out) == (1, "")
    assert not Generation.objects.exists()


def test_silence(run: Run, es: Elasticsearch) -> None:
    assert run("es_create", INDEX, verbosity=0).out == ""
    assert Generation.objects.count() == 1


def test_code_can_name_the_options(run: Run, build: Callable[[], str]) -> None:
    build()
    ended = run("es_create", INDEX, connection="default", json=True, interactive=False)
    assert outcomes(ended) == {INDEX: "exists"}


def test_nothing_is_declared(run: Run, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ES_INDICES = {}
    settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "INDICES": []}}
    monkeypatch.setattr("django_es_admin.documents.registry._documents", ())
    assert run("es_create").out.startswith("No index is declared: register a document")
    assert run("es_create", "--json").json == {"indices": []}
    assert run("es_rebuild").out == "No index has a document to load it from.\n"


def test_an_index_that_exists_is_no_failure_beside_one_that_cannot_be_created(
    run: Run, es: Elasticsearch, build: Callable[[], str], prefix: str
) -> None:
    build()
    es.index(index=f"{prefix}products", document={"a": 1})
    ended = run("es_create", INDEX, "products", "--json")
    assert (ended.code, outcomes(ended)) == (1, {INDEX: "exists", "products": "failed"})
