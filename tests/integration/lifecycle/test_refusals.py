"""What an operation refuses to do, said before anything is done."""

from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin import connections
from django_es_admin.backends.health import probe
from django_es_admin.backends.transport.deadline import Deadline
from django_es_admin.exceptions import IndexAmbiguous, IndexMissing, LoadFailed, OperationRefused
from django_es_admin.indices.definition import (
    IndexDefinition,
    get_definition,
    get_definitions,
    select_definitions,
)
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.create import create_index, plan_create
from django_es_admin.lifecycle.delete import delete_index, plan_delete
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.swap import swap_alias
from django_es_admin.models import Generation
from django_es_admin.status.status import get_status
from tests.guide.models import Category, Product
from tests.servers import answering

pytestmark = pytest.mark.django_db

INDEX = "products_with_relations"


@pytest.fixture
def definition(es: Elasticsearch) -> IndexDefinition:
    return get_definition(INDEX)


@pytest.fixture
def two_connections(es: Elasticsearch, settings: Any, prefix: str) -> None:
    """`other` is the same cluster; its indices are within the namespace of this run."""
    default = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {
        "default": {**default, "INDICES": ["memos"]},
        "other": {**default, "INDICES": ["memos", "products"], "INDEX_PREFIX": f"{prefix}other-"},
    }
    settings.ES_INDICES = {"memos": {"SETTINGS": {"number_of_replicas": 0}}, "products": {}}


def build(definition: IndexDefinition, times: int) -> list[str]:
    return [rebuild(plan_rebuild(definition)).swap.target for _ in range(times)]


def test_a_swap_to_a_retired_generation(definition: IndexDefinition) -> None:
    retired, standby, _live = build(definition, 3)
    assert "no longer receives changes" in plan_swap(definition, retired).refusals[0]
    assert plan_swap(definition).target == standby
    Generation.objects.filter(name=standby).delete()
    assert "There is no generation" in plan_swap(definition).refusals[0]


def test_a_swap_to_a_generation_that_nobody_registered(definition: IndexDefinition) -> None:
    first, _live = build(definition, 2)
    Generation.objects.filter(name=first).delete()
    plan = plan_swap(definition, first)
    assert "no longer receives changes" in plan.refusals[0]
    with pytest.raises(OperationRefused, match="rebuild the index instead"):
        swap_alias(plan)


def test_a_swap_to_a_generation_whose_build_failed_after_its_load(
    definition: IndexDefinition,
) -> None:
    first, _live = build(definition, 2)
    Generation.objects.filter(name=first).update(role=Generation.Role.FAILED, error="it was red")
    assert "is not complete: it was red" in plan_swap(definition, first).refusals[0]


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "plan",
    [plan_create, plan_rebuild, plan_swap, lambda definition: plan_delete(definition.name)],
)
def test_each_plan_refuses_a_readonly_connection(
    definition: IndexDefinition, settings: Any, plan: Callable[[IndexDefinition], Any]
) -> None:
    build(definition, 1)
    default = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {"default": {**default, "READONLY": True}}
    refusals = plan(get_definition(INDEX)).refusals
    assert refusals[0].startswith("The connection 'default' is READONLY in ES_SERVERS")
    settings.ES_SERVERS = {"default": default}


def test_a_plan_to_create_names_what_exists(definition: IndexDefinition) -> None:
    assert plan_create(definition).existing is None
    (live,) = build(definition, 1)
    assert plan_create(definition).existing == live


def test_a_failed_load_says_which_documents(definition: IndexDefinition) -> None:
    # A keyword of more than 32,766 bytes: Elasticsearch refuses the document.
    bad = Category.objects.create(name="Bad", slug="x" * 40_000)
    products = Product.objects.bulk_create(
        Product(name=f"Shoe {n}", price=n, category=bad) for n in range(30)
    )
    with pytest.raises(LoadFailed) as caught:
        rebuild(plan_rebuild(definition))
    error = caught.value
    assert (error.rows, error.failed, len(error.failures)) == (30, 30, 20)
    assert error.generation == Generation.objects.get().name
    key, reason = error.failures[0]
    assert key == str(products[0].pk)
    assert "immense term" in reason


@pytest.mark.usefixtures("two_connections")
def test_one_name_on_two_connections() -> None:
    names = [(d.name, d.connection.alias) for d in get_definitions()]
    assert [alias for name, alias in names if name == "memos"] == ["default", "other"]
    # A document's own index on one connection is no reason to forget that another lists it.
    assert [alias for name, alias in names if name == "products"] == ["default", "other"]
    with pytest.raises(IndexAmbiguous, match=r"'memos' \(default, other\): pass --connection"):
        get_definition("memos")
    with pytest.raises(IndexAmbiguous):
        plan_delete("memos")
    assert get_definition("memos", "other").connection.alias == "other"
    assert len(select_definitions(["memos", "memos"])) == 2
    for definition in select_definitions(["memos"]):
        create_index(plan_create(definition))
    assert [index.exists for index in get_status(["memos"]).indices] == [True, True]
    plan = plan_delete("memos", "other")
    assert delete_index(plan).generations == tuple(plan.generations)
    assert [index.exists for index in get_status(["memos"]).indices] == [True, False]
    with pytest.raises(IndexMissing):
        plan_delete("memos", "other")


@pytest.mark.usefixtures("two_connections")
def test_an_index_without_a_document_is_created_not_rebuilt() -> None:
    (status, _other) = get_status(["memos"]).indices
    assert tuple(map(str, status.problems)) == (
        "The index is missing: run manage.py es_create memos.",
    )
    (refusal,) = plan_rebuild(get_definition("memos", "default")).refusals
    assert "has no document to load it from" in refusal


def test_a_generation_that_became_live_since_the_plan_is_not_deleted(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    first, _second = build(definition, 2)
    plan = plan_delete(first)
    swap_alias(plan_swap(definition, first))
    with pytest.raises(OperationRefused, match="is the live generation"):
        delete_index(plan)
    assert es.indices.exists(index=first)
    assert Generation.objects.filter(name=first).exists()


def test_an_index_that_got_a_generation_since_the_plan_is_not_deleted(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    build(definition, 1)
    plan = plan_delete(INDEX)
    build(definition, 1)
    with pytest.raises(OperationRefused, match="has changed since the plan was made"):
        delete_index(plan)
    assert len(es.indices.get(index=f"{definition.alias}-*")) == 2


@pytest.mark.parametrize("body", ["[1]", "", "{}", '{"version": 7}'])
def test_good_json_of_another_shape_is_not_elasticsearch(settings: Any, body: str) -> None:
    with answering(200, body, "application/json", elasticsearch=True) as url:
        settings.ES_SERVERS = {"default": {"HOSTS": [url]}}
        health = probe(connections["default"], Deadline(5))
    assert not health.available
    assert "'default' was answered by something that is not Elasticsearch" in health.error
