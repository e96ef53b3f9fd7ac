"""What somebody takes away from the cluster, or from the database, is noticed and mended."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import GenerationUnknown
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.indices.names import write_alias
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.drain_now import drain_now, plan_drain
from django_es_admin.lifecycle.rebuild import plan_rebuild, rebuild
from django_es_admin.lifecycle.rollback import plan_rollback, roll_back
from django_es_admin.lifecycle.swap import swap_alias
from django_es_admin.models import Generation, OutboxEntry
from django_es_admin.operations.progress import Progress
from django_es_admin.outbox.drain import cluster_side
from django_es_admin.outbox.drain.worker import drain_due
from django_es_admin.status.status import get_status
from tests.guide.models import Product

pytestmark = pytest.mark.django_db(transaction=True)

INDEX = "products_with_relations"


@pytest.fixture
def definition(es: Elasticsearch) -> IndexDefinition:
    return get_definition(INDEX)


@pytest.fixture
def live(definition: IndexDefinition) -> str:
    make("first")
    return rebuild(plan_rebuild(definition)).generation


def make(name: str) -> Product:
    return Product.objects.create(name=name, description="", price=1)


def names(es: Elasticsearch, index: str) -> set[str]:
    es.indices.refresh(index=index)
    return {hit["_source"]["name"] for hit in es.search(index=index, size=100)["hits"]["hits"]}


def problems() -> str:
    return " ".join(map(str, get_status([INDEX]).indices[0].problems))


def waiting() -> int:
    return OutboxEntry.objects.filter(delete_sent=False).count()


# --- the write alias ---


def lose(es: Elasticsearch, generation: str) -> None:
    es.indices.delete_alias(index=generation, name=write_alias(generation))


def show(es: Elasticsearch, generation: str) -> None:
    """Let it be found by wildcards, as a snapshot restored by hand may have it."""
    add = {"index": generation, "alias": write_alias(generation), "is_hidden": False}
    es.indices.update_aliases(actions=[{"add": add}])


def test_a_save_gives_it_back(es: Elasticsearch, definition: IndexDefinition, live: str) -> None:
    lose(es, live)
    assert f"{live} has lost its write alias" in problems()
    make("second")
    assert waiting() == 0
    assert names(es, definition.alias) == {"first", "second"}
    alias = es.indices.get_alias(index=live)[live]["aliases"][write_alias(live)]
    assert alias == {"is_hidden": True}
    assert "write alias" not in problems()


@pytest.mark.parametrize("lost", [lose, show])
@pytest.mark.parametrize(
    "mend",
    [
        lambda definition: call_command("es_drain", verbosity=0),
        lambda definition: drain_now(plan_drain(definition)),
        lambda definition: call_command("es_create", INDEX, verbosity=0),
        lambda definition: call_command("es_rebuild", INDEX, verbosity=0),
    ],
    ids=["es_drain", "drain now", "es_create", "es_rebuild"],
)
def test_it_is_mended_by(
    es: Elasticsearch,
    definition: IndexDefinition,
    live: str,
    lost: Callable[..., None],
    mend: Callable[[IndexDefinition], Any],
) -> None:
    lost(es, live)
    assert "write alias" in problems()
    mend(definition)
    assert "write alias" not in problems()
    make("second")
    assert names(es, definition.alias) == {"first", "second"}


def test_a_standby_and_a_build_get_theirs_back(
    es: Elasticsearch, definition: IndexDefinition, live: str
) -> None:
    newer = rebuild(plan_rebuild(definition)).generation
    build = rebuild(plan_rebuild(definition, swap=False)).generation
    for generation in (live, newer, build):
        lose(es, generation)
    make("second")
    for generation in (live, newer, build):
        assert names(es, generation) == {"first", "second"}


def test_a_build_that_loses_it_in_its_load(es: Elasticsearch, definition: IndexDefinition) -> None:
    make("first")

    lost: list[str] = []

    def take_away(progress: Progress) -> None:
        if progress.step == "load" and not lost:
            build = Generation.objects.get(role=Generation.Role.BUILDING)
            lose(es, build.name)
            lost.append(build.name)

    made = rebuild(plan_rebuild(definition), take_away).generation
    assert lost == [made]
    assert names(es, definition.alias) == {"first"}


def test_one_that_was_deleted_gets_none(
    es: Elasticsearch, definition: IndexDefinition, live: str
) -> None:
    es.indices.delete(index=live)
    make("second")
    assert waiting() == 1
    assert not es.indices.exists(index=write_alias(live))
    call_command("es_rebuild", INDEX, verbosity=0)
    assert waiting() == 0
    assert names(es, definition.alias) == {"first", "second"}


# --- a snapshot that was restored without aliases ---


def test_all_aliases_are_lost(es: Elasticsearch, definition: IndexDefinition, live: str) -> None:
    es.indices.delete_alias(index=live, name=f"{definition.alias}*")
    make("second")
    assert waiting() == 0
    call_command("es_rebuild", INDEX, verbosity=0)
    assert names(es, definition.alias) == {"first", "second"}


# --- a table of generations that was emptied, or restored ---


def empty() -> None:
    Generation.objects.all().delete()


def test_rows_are_kept_where_the_table_was_emptied(
    es: Elasticsearch, definition: IndexDefinition, live: str
) -> None:
    empty()
    make("second").delete()
    third = make("third")
    assert waiting() == 3
    [stopped] = drain_due().result.stopped
    assert isinstance(stopped.error, GenerationUnknown)
    assert f"points at {live}" in str(stopped.error)
    assert "manage.py es_create products_with_relations" in str(stopped.error)
    call_command("es_create", INDEX, verbosity=0)
    drain_due()
    assert waiting() == 0
    assert names(es, definition.alias) == {"first", third.name}


def test_rows_are_kept_where_an_older_table_was_restored(
    es: Elasticsearch, definition: IndexDefinition, live: str
) -> None:
    old = list(Generation.objects.values())
    newer = rebuild(plan_rebuild(definition)).generation
    empty()
    Generation.objects.bulk_create(Generation(**values) for values in old)
    cluster_side.forget_holders()
    make("second")
    assert waiting() == 1
    assert newer in str(drain_due().result.stopped[0].error)
    call_command("es_rebuild", INDEX, verbosity=0)
    assert waiting() == 0
    assert names(es, definition.alias) == {"first", "second"}


def test_an_alias_that_somebody_moved_to_a_retired_generation(
    es: Elasticsearch, definition: IndexDefinition, live: str
) -> None:
    newer = rebuild(plan_rebuild(definition)).generation
    newest = rebuild(plan_rebuild(definition)).generation
    es.indices.update_aliases(
        actions=[
            {"remove": {"index": newest, "alias": definition.alias}},
            {"add": {"index": live, "alias": definition.alias}},
        ]
    )
    cluster_side.forget_holders()
    make("second")
    assert waiting() == 1
    assert live in str(drain_due().result.stopped[0].error)
    assert newer
    call_command("es_rebuild", INDEX, verbosity=0)
    assert names(es, definition.alias) == {"first", "second"}


def test_before_the_first_index_nothing_waits(definition: IndexDefinition) -> None:
    make("first")
    assert waiting() == 0


def test_a_process_looks_now_and_then_only(
    es: Elasticsearch, definition: IndexDefinition, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    look = cluster_side._holders
    monkeypatch.setattr(
        cluster_side, "_holders", lambda definition: looks.append(1) or look(definition)
    )
    cluster_side.forget_holders()
    for number in range(5):
        make(f"{number}")
    assert len(looks) == 1


# --- the properties of the alias ---

PROPERTIES = [
    {"filter": {"term": {"name.raw": "first"}}},
    {"filter": {"range": {"price": {"lt": 10}}}, "is_write_index": True},
    {"index_routing": "1", "search_routing": "1"},
    {"is_hidden": True},
]


@pytest.mark.parametrize("properties", PROPERTIES, ids="+".join)
def test_properties_of_the_alias_survive(
    es: Elasticsearch, definition: IndexDefinition, live: str, properties: dict[str, Any]
) -> None:
    add = {"index": live, "alias": definition.alias, **properties}
    es.indices.update_aliases(actions=[{"add": add}])
    given = es.indices.get_alias(index=live)[live]["aliases"][definition.alias]
    assert given

    def alias_of(generation: str) -> Any:
        return es.indices.get_alias(index=generation)[generation]["aliases"][definition.alias]

    newer = rebuild(plan_rebuild(definition)).generation
    assert alias_of(newer) == given
    plan = plan_rollback(definition)
    [told] = [warning for warning in plan.warnings if "keeps its current properties" in warning]
    assert json.dumps(dict(given), sort_keys=True) in told
    roll_back(plan)
    assert alias_of(live) == given
    swap_alias(plan_swap(definition, newer, min_ratio=0))
    assert alias_of(newer) == given


def test_without_properties_nothing_is_told(definition: IndexDefinition, live: str) -> None:
    rebuild(plan_rebuild(definition))
    assert plan_rollback(definition).warnings == ()
