"""What may come between the beginning of a rebuild and its swap."""

import gzip
import os
import socket
from datetime import timedelta
from typing import Any

import pytest
from config.settings import ES_URL
from django.utils import timezone
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import (
    GateClosed,
    IndexMissing,
    OperationCancelled,
    OperationRefused,
    OperationRunning,
)
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.build import gate
from django_es_admin.lifecycle.build.identities import compare_ids
from django_es_admin.lifecycle.build.load import load
from django_es_admin.lifecycle.build.ranges import claim_range, plan_ranges
from django_es_admin.lifecycle.generations.create import create_generation
from django_es_admin.lifecycle.prune import plan_prune, prune
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.rollback import plan_rollback, roll_back
from django_es_admin.lifecycle.swap import swap_alias
from django_es_admin.models import Generation, LoadRange, Operation, OutboxEntry, RefusedDocument
from django_es_admin.operations.acting import acting
from django_es_admin.operations.progress import Progress
from django_es_admin.operations.recording import recording
from django_es_admin.operations.running import operations_of
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.outbox.rows.refused import remember
from tests.guide.models import Category, Product
from tests.servers import standing_between

pytestmark = pytest.mark.django_db

INDEX = "products_with_relations"


@pytest.fixture
def definition(es: Elasticsearch) -> IndexDefinition:
    return get_definition(INDEX)


def make_products(count: int) -> list[Product]:
    category = Category.objects.create(name="Shoes", slug=f"shoes-{Category.objects.count()}")
    # Nothing waits: what is in an index is there because it was loaded.
    OutboxEntry.objects.all().delete()
    return Product.objects.bulk_create(
        Product(name=f"Shoe {n}", description="", price=n, category=category) for n in range(count)
    )


def ids(es: Elasticsearch, index: str) -> set[str]:
    es.indices.refresh(index=index)
    hits = es.search(index=index, size=1000, source=False)["hits"]["hits"]
    return {hit["_id"] for hit in hits}


def roles() -> dict[str, str]:
    return dict(Generation.objects.values_list("name", "role"))


def test_an_operation_tells_who_did_what(definition: IndexDefinition) -> None:
    make_products(3)
    with acting("ada"):
        result = rebuild(plan_rebuild(definition))
    operation = operations_of(definition).get()
    assert (operation.kind, operation.state, operation.who) == ("rebuild", "done", "ada")
    assert (operation.generation, operation.host) == (result.generation, socket.gethostname())
    expected = {"source": None, "swap": True, "workers": 1, "rows": 3, "documents": 3}
    assert operation.details == {**expected, "judge": None}
    steps = [step["step"] for step in operation.steps]
    assert steps == ["create", "load", "drain", "settle", "gate", "swap", "standby"]
    assert all(step["ended"] for step in operation.steps)
    assert operation.steps[1]["done"] == 3


def test_the_second_of_two_rebuilds_is_refused_with_who_and_since_when(
    definition: IndexDefinition,
) -> None:
    plan = plan_rebuild(definition)
    with acting("ada"), recording(definition, Operation.Kind.REBUILD):
        assert "is being rebuilt by ada on" in plan_rebuild(definition).refusals[0]
        with pytest.raises(OperationRunning, match=f"process {os.getpid()}, since 20"):
            rebuild(plan)
    assert rebuild(plan_rebuild(definition)).swap is not None


def test_a_killed_rebuild_is_gone_on_with(
    es: Elasticsearch, definition: IndexDefinition, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 2}
    products = make_products(45)
    build = create_generation(definition)
    dead = Operation.objects.create(
        connection="default",
        index=INDEX,
        kind="rebuild",
        generation=build.name,
        host="elsewhere",
        pid=1,
        owner="x",
        leased_until=timezone.now() - timedelta(seconds=1),
    )
    plan_ranges(definition, build)
    done, begun = claim_range(build), claim_range(build)
    assert done is not None
    assert begun is not None
    LoadRange.objects.filter(pk=done.pk).update(loaded_at=timezone.now(), rows=20)

    plan = plan_rebuild(definition)
    assert (plan.resumes, plan.refusals) == (build.name, ())
    with pytest.raises(GateClosed, match="20 ids") as closed:
        # What the dead one was believed to have loaded is looked for at the gate.
        _rebuild_without_repair(plan)
    assert build.name in str(closed.value)
    dead.refresh_from_db()
    assert (dead.state, "ended unexpectedly" in dead.error) == ("failed", True)
    assert dead.ended_at is not None
    assert roles() == {build.name: "building"}

    swap_alias(plan_swap(definition, build.name))
    assert ids(es, definition.alias) == {str(product.pk) for product in products}


def _rebuild_without_repair(plan: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "repair", lambda definition, generation, keys, on_portion: keys)
        rebuild(plan)


def test_the_gate_mends_what_differs(es: Elasticsearch, definition: IndexDefinition) -> None:
    products = make_products(5)

    def spoil(progress: Progress) -> None:
        if progress.step == "settle":
            building = Generation.objects.get(role="building").name
            es.delete(index=building, id=str(products[0].pk))
            es.index(index=building, id="999999", document={})
            es.index(index=building, id="no key", document={})

    result = rebuild(plan_rebuild(definition), spoil)
    assert result.gate.repaired == 3
    assert ids(es, definition.alias) == {str(product.pk) for product in products}


def test_what_failed_for_a_moment_is_written_again_before_the_gate_judges(
    definition: IndexDefinition,
) -> None:
    """A drain of the site leaves a building generation behind after one failed request."""
    missed = make_products(3)[1]

    def leave_behind(progress: Progress) -> None:
        if progress.step == "settle":
            building = Generation.objects.get(role=Generation.Role.BUILDING)
            remember(building._state.db, building.pk, {str(missed.pk): "unreachable"}, 1)

    result = rebuild(plan_rebuild(definition), leave_behind)
    assert result.swap
    assert not RefusedDocument.objects.exists()


def test_rows_that_wait_are_drained_before_the_swap(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    products = make_products(3)

    def change(progress: Progress) -> None:
        if progress.step == "load" and progress.done == 3 and not OutboxEntry.objects.exists():
            Product.objects.filter(pk=products[0].pk).update(name="Changed")
            OutboxEntry.objects.create(
                connection="default", index=INDEX, key=products[0].pk, attempts=3
            )

    rebuild(plan_rebuild(definition), change)
    found = es.get(index=definition.alias, id=str(products[0].pk))["_source"]
    assert found["name"] == "Changed"
    assert not OutboxEntry.objects.exists()


def test_an_alias_that_somebody_moved_meanwhile_stays_there(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    first, second = (rebuild(plan_rebuild(definition)).generation for _ in range(2))

    def move(progress: Progress) -> None:
        if progress.step == "gate" and es.indices.exists_alias(name=definition.alias, index=second):
            es.indices.update_aliases(
                actions=[
                    {"remove": {"index": second, "alias": definition.alias}},
                    {"add": {"index": first, "alias": definition.alias}},
                ]
            )

    with pytest.raises(OperationRefused, match=f"moved from {second} to {first} while"):
        rebuild(plan_rebuild(definition), move)
    assert set(es.indices.get_alias(index=definition.alias, name=definition.alias).body) == {first}
    built = Generation.objects.get(role="building").name
    # Who looks, sees it; the next operation takes over what the alias says.
    assert rebuild(plan_rebuild(definition)).swap is not None
    assert roles()[first] == "standby"
    assert roles()[built] == "retired"


def test_rollback_loses_nothing_that_was_written_since(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    products = make_products(2)
    first, second = (rebuild(plan_rebuild(definition)).generation for _ in range(2))
    OutboxEntry.objects.create(connection="default", index=INDEX, key=products[0].pk)
    Product.objects.filter(pk=products[0].pk).update(name="Since")
    drain_due()
    plan = plan_rollback(definition)
    assert (plan.source, plan.target, plan.refusals) == (second, first, ())
    roll_back(plan)
    assert es.get(index=definition.alias, id=str(products[0].pk))["_source"]["name"] == "Since"
    assert roles() == {first: "live", second: "standby"}
    assert operations_of(definition).first().kind == "rollback"  # type: ignore[union-attr]


def test_prune_deletes_what_nobody_needs(
    es: Elasticsearch, definition: IndexDefinition, settings: Any
) -> None:
    names = [rebuild(plan_rebuild(definition)).generation for _ in range(4)]
    failed = create_generation(definition)
    Generation.objects.filter(pk=failed.pk).update(role="failed")
    waiting = rebuild(plan_rebuild(definition, swap=False)).generation
    es.indices.create(index=f"{definition.alias}-20200101000000-0000")

    early = plan_prune(definition)
    assert (early.doomed, set(early.early)) == ((failed.name,), set(names[:2]))
    assert early.unknown == (f"{definition.alias}-20200101000000-0000",)
    Generation.objects.filter(name__in=names[:2]).update(
        retired_at=timezone.now() - timedelta(hours=1)
    )
    assert plan_prune(definition, keep=1).doomed == (names[1], names[0])
    assert prune(plan_prune(definition)).deleted == (failed.name, names[1], names[0])
    assert roles() == {names[2]: "standby", names[3]: "live", waiting: "building"}
    assert prune(plan_prune(definition, builds=True)).deleted == (waiting,)
    assert not es.indices.exists(index=waiting)
    assert es.indices.exists(index=f"{definition.alias}-20200101000000-0000")


def test_a_build_that_waits_is_swapped_after_another_look(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    products = make_products(3)
    result = rebuild(plan_rebuild(definition, swap=False))
    assert result.swap is None
    assert not es.indices.exists_alias(index=definition.alias, name=definition.alias)
    es.delete(index=result.generation, id=str(products[0].pk))
    plan = plan_swap(definition, result.generation)
    assert plan.gated
    swap_alias(plan)
    assert ids(es, definition.alias) == {str(product.pk) for product in products}


def test_a_cancelled_rebuild_leaves_the_set_of_those_written_to(
    definition: IndexDefinition,
) -> None:
    make_products(3)

    def cancel(progress: Progress) -> None:
        if progress.step == "drain":
            Operation.objects.update(cancel_requested=True)

    with pytest.raises(OperationCancelled):
        rebuild(plan_rebuild(definition), cancel)
    assert list(roles().values()) == ["failed"]
    assert operations_of(definition).get().state == "cancelled"


def test_a_generation_that_is_deleted_while_it_is_loaded(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    make_products(3)
    build = create_generation(definition)
    es.indices.delete(index=build.name)
    with pytest.raises(IndexMissing, match="no longer being built"):
        load(definition, build)


def test_a_template_and_a_foreign_alias_are_told_of(
    es: Elasticsearch, definition: IndexDefinition, prefix: str
) -> None:
    live = rebuild(plan_rebuild(definition)).generation
    # Templates are of the whole cluster: the connection's own guard refuses to make one.
    unguarded = Elasticsearch(ES_URL)
    unguarded.indices.put_index_template(
        name=f"{prefix}shop", index_patterns=[f"{definition.alias}-*"]
    )
    try:
        assert f"template '{prefix}shop' matches" in plan_rebuild(definition).warnings[0]
    finally:
        unguarded.indices.delete_index_template(name=f"{prefix}shop")
    standby, live = live, rebuild(plan_rebuild(definition)).generation
    es.indices.put_alias(index=live, name=f"{prefix}by-hand")
    assert f"{prefix}by-hand are not declared" in plan_swap(definition, standby).warnings[0]


def test_ids_are_compared_in_bounded_memory(es: Elasticsearch, definition: IndexDefinition) -> None:
    products = make_products(50)
    generation = rebuild(plan_rebuild(definition)).generation
    same = compare_ids(definition, generation, limit=10)
    assert (same.rows, same.documents, same.keys, same.more) == (50, 50, frozenset(), False)
    Product.objects.filter(pk__in=[product.pk for product in products[:20]])._raw_delete("default")
    found = compare_ids(definition, generation, limit=10)
    assert (found.rows, found.documents, found.more) == (30, 50, True)
    assert found.keys < {str(product.pk) for product in products[:20]}


def test_requests_are_compressed_for_a_slow_link(
    es: Elasticsearch, definition: IndexDefinition, settings: Any
) -> None:
    make_products(20)
    sent: list[bytes] = []

    def look(method: str, path: str, body: bytes) -> None:
        if path.partition("?")[0].endswith("/_bulk"):
            sent.append(body)

    default = settings.ES_SERVERS["default"]
    with standing_between(default["HOSTS"][0], look) as url:
        settings.ES_SERVERS = {
            "default": {**default, "HOSTS": [url], "PARAMS": {"http_compress": True}}
        }
        built = rebuild(plan_rebuild(get_definition(INDEX)))
        settings.ES_SERVERS = {"default": default}
    assert built.gate.documents == 20
    assert sent
    assert all(gzip.decompress(body).startswith(b'{"') for body in sent)


def test_records_of_operations_are_forgotten_after_a_while(
    definition: IndexDefinition, settings: Any
) -> None:
    def record(days: int) -> None:
        with recording(definition, Operation.Kind.REFRESH):
            pass
        newest = operations_of(definition)[:1].get()
        ended = timezone.now() - timedelta(days=days)
        Operation.objects.filter(pk=newest.pk).update(created_at=ended, ended_at=ended)

    for days in (200, 100, 95, 80):
        record(days)
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OPERATION_RETENTION": 90}
    with recording(definition, Operation.Kind.REFRESH) as running:
        kept = operations_of(definition).exclude(pk=running.operation.pk)
        assert [(timezone.now() - one.ended_at).days for one in kept] == [80]
