"""`es_delete`, which asks for the name."""

from collections.abc import Callable
from dataclasses import fields

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.management.printed.operations_json import DeleteDocument, DoomedDocument
from django_es_admin.models import Generation
from tests.integration.commands.conftest import Holders, Run
from tests.integration.commands.products import INDEX, make_products

pytestmark = pytest.mark.django_db

Build = Callable[[], str]


def test_the_whole_index(
    run: Run,
    es: Elasticsearch,
    definition: IndexDefinition,
    build: Build,
    answer: Callable[[str], None],
) -> None:
    make_products(2)
    # Two of one second have no order but that of their names.
    first, second = sorted((build(), build()))
    answer(f"{INDEX}\n")
    ended = run("es_delete", INDEX)
    assert ended.code == 0
    assert ended.out.splitlines() == [
        f"Delete {INDEX} on default: 2 generations and all that is in them",
        f"  {first}  2 documents",
        f"  {second}  2 documents",
        f"Deleted {INDEX}.",
    ]
    assert ended.err == f"Type {INDEX} to delete it: "
    assert not es.indices.exists(index=f"{first},{second}")
    assert not es.indices.exists_alias(index=definition.alias, name=definition.alias)


@pytest.mark.parametrize("said", ["yes\n", "\n", "products\n"])
def test_another_name_deletes_nothing(
    run: Run, build: Build, answer: Callable[[str], None], said: str, holders: Holders
) -> None:
    live = build()
    answer(said)
    ended = run("es_delete", INDEX, "--json")
    assert (ended.code, ended.message) == (1, "The name does not match. Nothing was deleted.")
    assert ended.json["deleted"] is False
    assert holders() == [live]


def test_nobody_is_there_to_ask(
    run: Run, build: Build, answer: Callable[[str], None], holders: Holders
) -> None:
    live = build()
    answer("")
    ended = run("es_delete", INDEX)
    assert ended.code == 1
    assert "pass --no-input" in ended.message
    assert holders() == [live]


def test_one_generation(run: Run, build: Build, holders: Holders) -> None:
    make_products(1)
    standby, live = build(), build()
    refused = run("es_delete", live, "--no-input", "--json")
    assert refused.code == 1
    assert refused.message.startswith(f"{live} is the live generation of {INDEX}: swap to another")
    assert (refused.json["refusals"], refused.json["deleted"]) == ([refused.message], False)
    document = run("es_delete", standby, "--no-input", "--json").json
    assert document.keys() == {field.name for field in fields(DeleteDocument)}
    assert document["generations"][0].keys() == {field.name for field in fields(DoomedDocument)}
    assert document == {
        "name": standby,
        "index": INDEX,
        "connection": "default",
        "generations": [{"generation": standby, "documents": 1}],
        "refusals": [],
        "deleted": True,
    }
    assert list(Generation.objects.values_list("name", flat=True)) == [live]
    assert holders() == [live]


def test_a_live_generation_is_refused_before_anybody_is_asked(
    run: Run, build: Build, answer: Callable[[str], None]
) -> None:
    live = build()
    answer("")
    assert "is the live generation" in run("es_delete", live).message


def test_what_is_not_there(run: Run, es: Elasticsearch, definition: IndexDefinition) -> None:
    for name in (INDEX, "nope", f"{definition.alias}-20200101000000-0000", "*", "_all"):
        ended = run("es_delete", name, "--no-input")
        assert (ended.code, ended.out) == (1, "")
        assert ended.message.startswith(f"There is no index or generation {name!r}")


def test_another_index_is_not_touched(
    run: Run, es: Elasticsearch, definition: IndexDefinition, build: Build
) -> None:
    build()
    neighbour = f"{definition.alias}-copy"
    es.indices.create(index=neighbour, settings={"number_of_replicas": 0})
    assert run("es_delete", INDEX, "--no-input").code == 0
    assert es.indices.exists(index=neighbour)
