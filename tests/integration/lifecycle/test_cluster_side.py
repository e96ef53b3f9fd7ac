"""What somebody takes away from the cluster, or from the database, is noticed and mended."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import AccessRefused, GenerationUnknown
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.indices.names import write_alias
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.drain_now import drain_now, plan_drain
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.rollback import plan_rollback, roll_back
from django_es_admin.lifecycle.swap import swap_alias
from django_es_admin.models import Generation, OutboxEntry, Owner
from django_es_admin.operations.progress import Progress
from django_es_admin.outbox.drain import cluster_side
from django_es_admin.outbox.drain.owner import META
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.status.status import get_status
from tests.guide.models import Product
from tests.integration.outbox.test_isolation import wait_until, worker

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


@pytest.mark.parametrize("lost", [lose, pytest.param(show, marks=pytest.mark.slow)])
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


@pytest.mark.parametrize("lost", [lose, show])
def test_a_worker_that_has_nothing_to_do_gives_it_back(
    es: Elasticsearch, definition: IndexDefinition, live: str, lost: Callable[..., None]
) -> None:
    lost(es, live)
    forget(es, live)
    with worker():
        wait_until(lambda: es.indices.exists_alias(index=live, name=write_alias(live)))
        wait_until(lambda: META in meta_of(es, live))
    assert problems() == ""


# --- the name of the owner ---


def meta_of(es: Elasticsearch, generation: str) -> Any:
    return es.indices.get_mapping(index=generation)[generation]["mappings"].get("_meta", {})


def forget(es: Elasticsearch, generation: str) -> None:
    """Take the owner's name away, as who sets a `_meta` of their own does."""
    es.indices.put_mapping(index=generation, meta={"team": "search"})


MENDS: dict[str, Callable[[IndexDefinition], Any]] = {
    "es_drain": lambda definition: call_command("es_drain", verbosity=0),
    "es_create": lambda definition: call_command("es_create", INDEX, verbosity=0),
    "es_rebuild": lambda definition: call_command("es_rebuild", INDEX, verbosity=0),
    "a save": lambda definition: make("second"),
}


@pytest.mark.few(2)
@pytest.mark.parametrize("mend", MENDS)
def test_a_lost_owner_is_told_and_mended(
    es: Elasticsearch, definition: IndexDefinition, live: str, mend: str
) -> None:
    forget(es, live)
    told = problems()
    assert f"{live} no longer names its owner" in told
    assert "manage.py es_drain" in told
    cluster_side.forget_looks()
    MENDS[mend](definition)
    assert meta_of(es, live)[META]["owner"] == Owner.objects.get().key
    assert meta_of(es, live)["team"] == "search"
    assert "owner" not in problems()


def test_that_of_a_standby_and_a_build(
    es: Elasticsearch, definition: IndexDefinition, live: str
) -> None:
    rebuild(plan_rebuild(definition))
    build = rebuild(plan_rebuild(definition, swap=False)).generation
    for generation in (live, build):
        forget(es, generation)
        assert f"{generation} no longer names its owner" in problems()
    call_command("es_drain", verbosity=0)
    assert META in meta_of(es, live)
    assert META in meta_of(es, build)
    assert "owner" not in problems()


def test_everything_at_once(es: Elasticsearch, definition: IndexDefinition, live: str) -> None:
    """As a snapshot that was restored without aliases, into an index made by hand."""
    es.indices.delete_alias(index=live, name=f"{definition.alias}*")
    forget(es, live)
    call_command("es_drain", verbosity=0)
    assert set(es.indices.get_alias(index=live)[live]["aliases"]) == {write_alias(live)}
    assert META in meta_of(es, live)


def test_who_may_not_mend_it_writes_even_so(
    es: Elasticsearch, definition: IndexDefinition, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that may write documents, and no mapping."""

    def refuse(*arguments: Any) -> None:
        raise AccessRefused

    forget(es, live)
    monkeypatch.setattr(cluster_side, "_mend", refuse)
    cluster_side.forget_looks()
    make("second")
    assert waiting() == 0
    assert names(es, definition.alias) == {"first", "second"}


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


def test_rows_are_kept_where_a_physical_index_has_the_name(
    es: Elasticsearch, definition: IndexDefinition, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "DELETE_AGAIN_AFTER": 3, "WRITE_TIMEOUT": 1.4}
    es.indices.create(index=definition.alias, settings={"number_of_replicas": 0})
    kept = make("kept")
    make("gone").delete()
    assert waiting() == 3
    [stopped] = drain_due().result.stopped
    assert isinstance(stopped.error, GenerationUnknown)
    assert f"points at {definition.alias}, which" in str(stopped.error)
    assert "manage.py es_rebuild" in str(stopped.error)
    assert "es_create" not in str(stopped.error)
    rebuild(plan_rebuild(definition))
    drain_due()
    assert waiting() == 0
    assert names(es, definition.alias) == {kept.name}


def test_rows_are_kept_where_an_older_table_was_restored(
    es: Elasticsearch, definition: IndexDefinition, live: str
) -> None:
    old = list(Generation.objects.values())
    newer = rebuild(plan_rebuild(definition)).generation
    empty()
    Generation.objects.bulk_create(Generation(**values) for values in old)
    cluster_side.forget_looks()
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
    cluster_side.forget_looks()
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
    look = cluster_side._look

    def counted(*arguments: Any) -> Any:
        looks.append(1)
        return look(*arguments)

    monkeypatch.setattr(cluster_side, "_look", counted)
    cluster_side.forget_looks()
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


@pytest.mark.few(2)
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


def test_the_plan_of_a_rebuild_names_them(
    es: Elasticsearch, definition: IndexDefinition, live: str, capsys: pytest.CaptureFixture[str]
) -> None:
    add = {"index": live, "alias": definition.alias, **PROPERTIES[0]}
    es.indices.update_aliases(
        actions=[{"add": add}, {"add": {"index": live, "alias": f"{live}-x"}}]
    )
    call_command("es_rebuild", INDEX, dry_run=True)
    told = capsys.readouterr().out
    assert f"The alias {definition.alias} keeps its current properties" in told
    assert json.dumps(PROPERTIES[0], sort_keys=True) in told
    assert f"The aliases {live}-x are not declared and do not move" in told
    assert plan_rebuild(definition, swap=False).warnings == ()


def test_without_properties_nothing_is_told(definition: IndexDefinition, live: str) -> None:
    assert plan_rebuild(definition).warnings == ()
    rebuild(plan_rebuild(definition))
    assert plan_rollback(definition).warnings == ()
