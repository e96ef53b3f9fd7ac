"""A generation that is not searched delays nothing; an index's state is no document's fault."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import GateClosed, IndexBlocked, LoadFailed
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.indices.names import new_generation_name, write_alias
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.generations.table import register
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.rollback import plan_rollback, roll_back
from django_es_admin.lifecycle.swap import swap_alias
from django_es_admin.models import Generation, OutboxEntry, RefusedDocument
from django_es_admin.outbox.drain import breaker, cluster_side
from django_es_admin.outbox.drain.write import Writer
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.outbox.rows.refused import forget, read_refused, remember
from django_es_admin.status.status import get_status
from tests.blocks import blocked as blocked_by
from tests.guide.models import FlatProduct, Product
from tests.live import let_deletes_be_due

from .test_isolation import document_of, wait_until, worker

Indexed = Callable[[], dict[str, Any]]
Role = Generation.Role


def make(name: str) -> Product:
    return Product.objects.create(name=name, description="", price=1)


def names(indexed: Indexed) -> set[str]:
    return {source["name"] for source in indexed().values()}


def red(es: Elasticsearch, definition: IndexDefinition) -> str:
    """Make an index whose shards are nowhere."""
    name = new_generation_name(definition.alias)
    es.indices.create(
        index=name,
        settings={"number_of_replicas": 0, "index.routing.allocation.enable": "none"},
        aliases={write_alias(name): {"is_hidden": True}},
        wait_for_active_shards=0,
    )
    return name


def blocked(es: Elasticsearch, definition: IndexDefinition) -> str:
    name = new_generation_name(definition.alias)
    es.indices.create(
        index=name,
        settings={"number_of_replicas": 0, "index.blocks.read_only_allow_delete": True},
        aliases={write_alias(name): {"is_hidden": True}},
    )
    return name


def closed(es: Elasticsearch, definition: IndexDefinition) -> str:
    name = new_generation_name(definition.alias)
    es.indices.create(
        index=name,
        settings={"number_of_replicas": 0},
        aliases={write_alias(name): {"is_hidden": True}},
    )
    es.indices.close(index=name)
    return name


SICK = pytest.mark.parametrize("sick", [red, pytest.param(blocked, marks=pytest.mark.slow), closed])


@pytest.mark.few(2)
@SICK
@pytest.mark.parametrize("role", [Role.BUILDING, Role.STANDBY])
def test_one_that_nobody_searches_vetoes_nothing(
    es: Elasticsearch,
    definition: IndexDefinition,
    indexed: Indexed,
    sick: Callable[..., str],
    role: Generation.Role,
) -> None:
    name = sick(es, definition)
    generation = register(definition, name, role)
    product = make("first")
    assert names(indexed) == {"first"}
    assert not OutboxEntry.objects.exists()
    missed = RefusedDocument.objects.get()
    assert (missed.generation, missed.key) == (generation, str(product.pk))
    for number in range(5):
        make(f"{number}")
    # It is not asked again at each save.
    assert breaker.is_open(definition.using, name)
    assert RefusedDocument.objects.count() == 6
    product.delete()
    assert RefusedDocument.objects.count() == 6
    problems = " ".join(map(str, get_status([definition.name]).indices[0].problems))
    if role == Role.STANDBY:
        assert f"The standby {name} misses changes that could not be written to it." in problems
        return
    assert f"The build {name} misses changes that could not be written to it." in problems
    assert f"manage.py es_prune {definition.name} --builds" in problems
    # A new rebuild is done, and gives it up.
    let_deletes_be_due()
    made = rebuild(plan_rebuild(definition)).generation
    generation.refresh_from_db()
    assert generation.role == Role.FAILED
    assert Generation.objects.get(role=Role.LIVE).name == made
    assert names(indexed) == {f"{number}" for number in range(5)}


def test_a_build_that_missed_changes_gets_them_before_its_swap(
    es: Elasticsearch, definition: IndexDefinition, indexed: Indexed
) -> None:
    kept = make("kept")
    gone = make("gone")
    build = rebuild(plan_rebuild(definition, swap=False)).generation
    block = "index.blocks.write"
    es.indices.put_settings(index=build, settings={block: True})
    kept.name = "changed"
    kept.save()
    gone.delete()
    make("new")
    assert names(indexed) == {"changed", "new"}
    assert RefusedDocument.objects.count() == 3
    with pytest.raises(IndexBlocked, match="products_with_relations is closed or blocked"):
        swap_alias(plan_swap(definition, build))
    es.indices.put_settings(index=build, settings={block: None})
    let_deletes_be_due()
    swap_alias(plan_swap(definition, build))
    assert names(indexed) == {"changed", "new"}
    assert not RefusedDocument.objects.exists()


def test_a_standby_that_missed_changes_gets_them_after_the_rollback(
    es: Elasticsearch, definition: IndexDefinition, indexed: Indexed
) -> None:
    kept = make("kept")
    rebuild(plan_rebuild(definition))
    standby = Generation.objects.get(role=Role.STANDBY)
    es.indices.close(index=standby.name)
    kept.name = "changed"
    kept.save()
    assert RefusedDocument.objects.get().key == str(kept.pk)
    es.indices.open(index=standby.name, wait_for_active_shards=1)
    roll_back(plan_rollback(definition))
    drain_due()
    assert names(indexed) == {"changed"}
    assert not RefusedDocument.objects.exists()


def test_an_older_write_does_not_hide_that_a_newer_one_was_missed(
    definition: IndexDefinition,
) -> None:
    generation = Generation.objects.get(role=Role.LIVE)
    remember("default", generation.pk, {"1": "red"}, version=5)
    seen = read_refused("default", generation.pk, ["1"])
    # Meanwhile a newer one is missed, then noted by an older one, which takes longer.
    remember("default", generation.pk, {"1": "red"}, version=8)
    remember("default", generation.pk, {"1": "red"}, version=6)
    forget("default", seen)
    assert RefusedDocument.objects.get().version == 6
    forget("default", read_refused("default", generation.pk, ["1"]))
    assert not RefusedDocument.objects.exists()


def test_a_build_that_became_live_meanwhile_holds_the_row(
    es: Elasticsearch, definition: IndexDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = rebuild(plan_rebuild(definition, swap=False)).generation
    es.indices.put_settings(index=build, settings={"index.blocks.write": True})
    send = Writer._send

    def swap_first(self: Writer, target: Any, batch: Any) -> Any:
        if target.name == build:
            # The drain has read its targets before.
            Generation.objects.filter(role=Role.LIVE).update(role=Role.STANDBY)
            Generation.objects.filter(name=build).update(role=Role.LIVE)
        return send(self, target, batch)

    monkeypatch.setattr(Writer, "_send", swap_first)
    make("kept")
    assert OutboxEntry.objects.get().attempts == 1


def test_a_table_that_is_restored_while_a_build_is_written(
    es: Elasticsearch,
    definition: IndexDefinition,
    indexed: Indexed,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What the build misses cannot be noted: the row waits, and nothing looks like a mistake."""
    name = red(es, definition)
    register(definition, name, Role.BUILDING)
    send = Writer._send

    def take_away(self: Writer, target: Any, batch: Any) -> Any:
        Generation.objects.filter(name=name).delete()
        return send(self, target, batch)

    with monkeypatch.context() as patched:
        patched.setattr(Writer, "_send", take_away)
        make("first")
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert "out of the table while it was written" in caplog.text
    entry = OutboxEntry.objects.get()
    assert (entry.attempts, entry.leased_until, entry.parked_at) == (0, None, None)
    breaker.reset()
    drain_due()
    assert not OutboxEntry.objects.exists()
    assert names(indexed) == {"first"}


@contextmanager
def state(es: Elasticsearch, index: str, kind: str) -> Iterator[None]:
    """Have an index be in a state in which it takes no write."""
    block = f"index.blocks.{kind}"
    if kind == "closed":
        es.indices.close(index=index)
    else:
        es.indices.put_settings(index=index, settings={block: True})
    try:
        yield
    finally:
        if kind == "closed":
            es.indices.open(index=index, wait_for_active_shards=1)
        else:
            es.indices.put_settings(index=index, settings={block: None})


KINDS = ["write", "read_only", "read_only_allow_delete", "closed"]


@pytest.mark.few(2)
@pytest.mark.parametrize("kind", KINDS)
def test_the_state_of_an_index_costs_no_document_an_attempt(
    es: Elasticsearch, definition: IndexDefinition, indexed: Indexed, settings: Any, kind: str
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OUTBOX_MAX_ATTEMPTS": 2}
    live = Generation.objects.get(role=Role.LIVE)
    with document_of(FlatProduct, "other") as other:
        with state(es, live.name, kind):
            make("first")
            make("second")
            for _ in range(3):
                report = drain_due()
                [stopped] = report.result.stopped
                assert isinstance(stopped.error, IndexBlocked)
                assert stopped.index == definition.name
                assert kind == "closed" or f"(index [{live.name}] blocked by" in str(stopped.error)
            FlatProduct.objects.create(name="a", description="", price=1, sku="a")
            rows = OutboxEntry.objects.values_list("index", "attempts", "error", "parked_at")
            assert set(rows) == {(definition.name, 0, "", None)}
            assert OutboxEntry.objects.filter(leased_until=None).count() == 2
            assert es.exists(index=other.alias, id=str(FlatProduct.objects.get().pk))
        breaker.reset()
        drain_due()
        assert names(indexed) == {"first", "second"}
        assert not OutboxEntry.objects.exists()


def test_a_block_of_metadata_keeps_nothing_from_being_written(
    es: Elasticsearch, definition: IndexDefinition, indexed: Indexed, prefix: str
) -> None:
    live, other = Generation.objects.get(role=Role.LIVE), f"{prefix}of-somebody-else"
    es.indices.create(index=other, settings={"number_of_replicas": 0})
    with blocked_by(es, other, "metadata"), blocked_by(es, live.name, "metadata"):
        # As another process finds it, which has not looked at the index yet.
        cluster_side.forget_looks()
        product = make("first")
        assert names(indexed) == {"first"}
        Product.objects.filter(pk=product.pk).update(name="second")
        OutboxEntry.objects.create(connection="default", index=definition.name, key=product.pk)
        cluster_side.forget_looks()
        assert drain_due().result.stopped == ()
        assert names(indexed) == {"second"}
        product.delete()
        assert names(indexed) == set()
    # Its owner's name cannot be given back while it is blocked, and nothing waits for that.
    es.indices.put_mapping(index=live.name, meta={})
    with blocked_by(es, live.name, "metadata"):
        cluster_side.forget_looks()
        make("third")
        assert names(indexed) == {"third"}
    cluster_side.forget_looks()
    make("fourth")
    assert names(indexed) == {"third", "fourth"}
    assert not OutboxEntry.objects.filter(delete_sent=False).exists()
    assert get_status([definition.name]).indices[0].problems == ()


def test_a_worker_goes_on_when_the_block_is_gone(
    es: Elasticsearch, definition: IndexDefinition, indexed: Indexed, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker", "BULK_MAX_DOCUMENTS": 2}
    live = Generation.objects.get(role=Role.LIVE)
    with document_of(FlatProduct, "other"), state(es, live.name, "write"):
        for number in range(5):
            make(f"{number}")
        with worker():
            for number in range(4):
                FlatProduct.objects.create(name="a", description="", price=1, sku=f"{number}")
                wait_until(lambda: not OutboxEntry.objects.filter(index="other").exists())
            settings_of = {"index.blocks.write": None}
            es.indices.put_settings(index=live.name, settings=settings_of)
            wait_until(lambda: not OutboxEntry.objects.exists())
    assert names(indexed) == {f"{number}" for number in range(5)}


def test_a_load_waits_until_the_block_is_gone(
    es: Elasticsearch, definition: IndexDefinition, indexed: Indexed, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OPERATION_PATIENCE": 30}
    make("a")
    timers: list[threading.Timer] = []

    def tell(progress: Any) -> None:
        build = Generation.objects.filter(role=Role.BUILDING).first()
        if build and progress.step == "load" and not timers:
            block = "index.blocks.write"
            es.indices.put_settings(index=build.name, settings={block: True})
            unblock = {"index": build.name, "settings": {block: None}}
            timers.append(threading.Timer(1, es.indices.put_settings, kwargs=unblock))
            timers[0].start()

    rebuild(plan_rebuild(definition), tell)
    timers[0].join()
    assert names(indexed) == {"a"}
    assert not RefusedDocument.objects.exists()


def test_a_build_that_stays_blocked_is_given_up(
    es: Elasticsearch, definition: IndexDefinition, indexed: Indexed
) -> None:
    make("a")
    seen: list[str] = []

    def tell(progress: Any) -> None:
        build = Generation.objects.filter(role=Role.BUILDING).first()
        if build and progress.step == "load" and not seen:
            seen.append(build.name)
            es.indices.put_settings(index=build.name, settings={"index.blocks.write": True})

    with pytest.raises((IndexBlocked, LoadFailed, GateClosed)):
        rebuild(plan_rebuild(definition), tell)
    assert Generation.objects.get(name=seen[0]).role == Role.FAILED
    make("b")
    assert names(indexed) == {"a", "b"}
