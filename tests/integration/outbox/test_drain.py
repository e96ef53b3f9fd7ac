"""Drains: failures, second deletes, fan-out, code of two versions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields, registry
from django_es_admin.indices.definition import IndexDefinition, definition_of
from django_es_admin.indices.names import write_alias
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.generations.adopt import adopt
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.swap import swap_alias
from django_es_admin.models import Generation, OutboxEntry, RefusedDocument, Tick
from django_es_admin.outbox.drain import breaker
from django_es_admin.outbox.drain.acknowledge import acknowledge
from django_es_admin.outbox.drain.statistics import flush
from django_es_admin.outbox.drain.tick import take_tick
from django_es_admin.outbox.drain.write import Outcome
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.outbox.rows.claim import claim, due
from django_es_admin.status.status import get_status
from tests.guide.models import Category, Product, Tag
from tests.servers import hanging, refusing_port

Indexed = Callable[[], dict[str, Any]]


def make(name: str = "Boot", **values: Any) -> Product:
    return Product.objects.create(name=name, description="", price=1, **values)


def names(indexed: Indexed) -> list[str]:
    return sorted(source["name"] for source in indexed().values())


def let_time_pass() -> None:
    """Make everything that is due later due now."""
    OutboxEntry.objects.filter(due_at__isnull=False).update(due_at=F("due_at") - timedelta(hours=1))


def test_an_outage_fails_no_save_and_loses_nothing(indexed: Indexed, settings: Any) -> None:
    servers = settings.ES_SERVERS
    product = make("before")
    with refusing_port() as url:
        settings.ES_SERVERS = {"default": {**servers["default"], "HOSTS": [url]}}
        product.name = "during"
        product.save()
        make("new")
        with pytest.raises(CommandError, match="'default' is unreachable"):
            call_command("es_drain", "--once", verbosity=0)
        rows = OutboxEntry.objects.all()
        assert [(row.attempts, row.error, row.parked_at) for row in rows] == [(0, "", None)] * 2
    settings.ES_SERVERS = servers
    assert names(indexed) == ["before"]
    report = drain_due()
    assert (report.result.written, report.second_deletes) == (2, 0)
    assert names(indexed) == ["during", "new"]
    assert not OutboxEntry.objects.exists()


def test_the_breaker_spares_saves_the_waiting(definition: IndexDefinition, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_TIMEOUT": 0.2}
    with hanging() as server:
        settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "HOSTS": [server]}}
        with CaptureQueriesContext(connection) as tried:
            make("slow")
        with CaptureQueriesContext(connection) as spared:
            make("fast")
    # Who reads where to write is about to.
    assert any(Generation._meta.db_table in query["sql"] for query in tried)
    assert not any(Generation._meta.db_table in query["sql"] for query in spared)
    assert OutboxEntry.objects.count() == 2


def test_a_delete_is_sent_twice(
    indexed: Indexed, es: Elasticsearch, definition: IndexDefinition
) -> None:
    product = make()
    product.delete()
    row = OutboxEntry.objects.get()
    assert row.delete_sent
    assert row.due_at is not None
    report = drain_due()
    assert report.result.deleted == 0
    assert report.second_deletes == 1
    assert report.second_deletes_until == row.due_at
    # A write that was on its way when the delete overtook it, and whose version is forgotten.
    live = Generation.objects.get(role=Generation.Role.LIVE)
    es.index(
        index=write_alias(live.name),
        id=str(row.key),
        document={"name": "ghost"},
        version=take_tick("default"),
        version_type="external_gte",
    )
    assert names(indexed) == ["ghost"]
    let_time_pass()
    assert drain_due().result.deleted == 1
    assert names(indexed) == []
    assert not OutboxEntry.objects.exists()


def test_an_object_that_came_back_is_not_deleted_again(indexed: Indexed) -> None:
    product = make()
    key = product.pk
    product.delete()
    Product(pk=key, name="back", description="", price=1).save()
    assert names(indexed) == ["back"]
    let_time_pass()
    drain_due()
    assert names(indexed) == ["back"]
    assert not OutboxEntry.objects.exists()


def test_a_slower_drain_cannot_take_the_second_delete_away(
    definition: IndexDefinition, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    product = make()
    key = str(product.pk)
    saved = OutboxEntry.objects.get()
    product.delete()
    deleted = OutboxEntry.objects.exclude(pk=saved.pk).get()
    # Ids are taken before the commit: the delete's is the lower one, though it committed later.
    OutboxEntry.objects.filter(pk=saved.pk).update(id=deleted.pk + 1)
    picked = OutboxEntry.objects.get(pk=deleted.pk + 1)
    drain_due()
    # Another drain picked the first row in time, and wrote the object that it still found.
    acknowledge("default", [picked], Outcome(keys=[key]))
    assert OutboxEntry.objects.get().delete_sent
    let_time_pass()
    assert drain_due().result.deleted == 1
    assert not OutboxEntry.objects.exists()


def test_a_parked_row_is_resolved_by_the_second_delete(
    definition: IndexDefinition, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    product = make()
    OutboxEntry.objects.update(parked_at=Now())
    product.delete()
    drain_due()
    assert OutboxEntry.objects.filter(parked_at__isnull=False).count() == 1
    let_time_pass()
    drain_due()
    assert not OutboxEntry.objects.exists()


@pytest.fixture
def poison(definition: IndexDefinition) -> Product:
    """A product whose document Elasticsearch refuses: its category's keyword is too long."""
    bad = Category.objects.create(name="Bad", slug="x" * 40_000)
    return make("poison", category=bad)


def test_a_refused_document_is_a_row_with_its_error(indexed: Indexed, poison: Product) -> None:
    good = make("good")
    row = OutboxEntry.objects.get()
    assert (row.key, row.attempts, row.parked_at) == (str(poison.pk), 1, None)
    assert "immense term" in row.error
    assert row.due_at is not None
    assert names(indexed) == ["good"]
    good.save()
    assert OutboxEntry.objects.get().attempts == 1


def test_after_enough_attempts_it_is_parked_and_a_good_save_resolves_it(
    indexed: Indexed, poison: Product, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OUTBOX_MAX_ATTEMPTS": 3}
    for _ in range(2):
        with pytest.raises(CommandError, match="1 document was refused") as caught:
            call_command("es_drain", verbosity=0)
        assert caught.value.returncode == 2
    row = OutboxEntry.objects.get()
    assert row.attempts == 3
    assert row.parked_at is not None
    assert drain_due().result.failed == 0
    assert drain_due().parked == 1
    problems = [str(p) for p in get_status([poison_index()]).indices[0].problems]
    assert "1 change is parked" in " ".join(problems)
    poison.category = None
    poison.save()
    assert names(indexed) == ["poison"]
    assert not OutboxEntry.objects.exists()


def poison_index() -> str:
    return "products_with_relations"


def test_a_rename_reaches_every_product_in_bounded_batches(indexed: Indexed, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 10, "INLINE_MAX_OBJECTS": 20}
    category = Category.objects.create(name="Shoes", slug="shoes")
    with transaction.atomic():
        for n in range(35):
            make(f"{n:02}", category=category)
    drain_due()
    category.name = "Boots"
    category.save()
    # More than a request should wait for: left to a worker.
    row = OutboxEntry.objects.get()
    assert (row.kind, row.leased_until) == ("related", None)
    with CaptureQueriesContext(connection) as queries:
        assert drain_due().result.written == 35
    assert {source["category"]["name"] for source in indexed().values()} == {"Boots"}
    assert not OutboxEntry.objects.exists()
    limits = [q["sql"] for q in queries if "DISTINCT" in q["sql"]]
    assert limits
    # One more than a batch holds says whether there is more than one.
    assert all("LIMIT 10" in sql or "LIMIT 11" in sql for sql in limits)


def test_a_fan_out_goes_on_where_it_was_interrupted(indexed: Indexed, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 10, "INLINE_MAX_OBJECTS": 5}
    category = Category.objects.create(name="Shoes", slug="shoes")
    with transaction.atomic():
        products = [make(f"{n:02}", category=category) for n in range(30)]
    drain_due()
    category.name = "Boots"
    category.save()
    OutboxEntry.objects.update(cursor=str(products[19].pk))
    assert drain_due().result.written == 10


def test_products_attached_while_a_rename_waits_get_the_new_name(
    indexed: Indexed, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    category = Category.objects.create(name="Shoes", slug="shoes")
    category.name = "Boots"
    category.save()
    make("late", category=category)
    assert names(indexed) == []
    drain_due()
    assert indexed().popitem()[1]["category"]["name"] == "Boots"


def test_objects_of_a_fan_out_that_left_the_queryset_are_deleted_twice(
    es: Elasticsearch, transactional_db: None
) -> None:
    @registry.register_document
    class Rooted(Document):
        name = fields.TextField()

        class Index:
            name = "rooted"

        class Django:
            model = Product
            related_models = [Category]

        def get_queryset(self) -> Any:
            return super().get_queryset().filter(category__parent__isnull=True)

        def get_instances_from_related(self, related_instance: Category) -> Any:
            return related_instance.product_set.all()

    try:
        definition = definition_of(Rooted)
        rebuild(plan_rebuild(definition))
        category = Category.objects.create(name="Shoes", slug="shoes")
        product = make("a", category=category)
        category.parent = Category.objects.create(name="All", slug="all")
        category.save()
        es.indices.refresh(index=definition.alias)
        assert es.count(index=definition.alias)["count"] == 0
        row = OutboxEntry.objects.get(index="rooted")
        assert (row.key, row.delete_sent) == (str(product.pk), True)
    finally:
        registry.unregister_document(Rooted)


def test_worker_mode_makes_no_request(definition: IndexDefinition, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    make()
    row = OutboxEntry.objects.get()
    assert row.leased_until is None
    assert drain_due().result.written == 1


def test_writes_go_to_building_and_standby_too(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    rebuild(plan_rebuild(definition))
    product = make("everywhere")
    for generation in Generation.objects.filter(role__in=["live", "standby"]):
        assert es.get(index=generation.name, id=str(product.pk))["_source"]["name"] == "everywhere"
    assert Generation.objects.filter(role="standby").count() == 1


def test_a_retired_generation_that_is_gone_is_no_error(
    es: Elasticsearch, definition: IndexDefinition, indexed: Indexed
) -> None:
    rebuild(plan_rebuild(definition))
    standby = Generation.objects.get(role=Generation.Role.STANDBY)
    es.indices.delete(index=standby.name)
    standby.role = Generation.Role.RETIRED
    standby.save()
    make("fine")
    assert names(indexed) == ["fine"]
    assert not OutboxEntry.objects.exists()


def test_a_live_generation_that_vanished_keeps_its_rows(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    live = Generation.objects.get(role=Generation.Role.LIVE)
    es.indices.delete(index=live.name)
    make("kept")
    assert OutboxEntry.objects.get().attempts == 0
    # Nothing was created under the name by the write.
    assert es.indices.get(index=f"{definition.connection.index_prefix}*").body == {}
    rebuild(plan_rebuild(definition))
    drain_due()
    assert not OutboxEntry.objects.exists()


def test_a_counter_behind_the_stored_versions_is_raised(indexed: Indexed) -> None:
    product = make("first")
    Tick.objects.update(value=take_tick("default") + 10**10)
    product.name = "ahead"
    product.save()
    # A restored database: its counter, and this clock, are behind what the index holds.
    Tick.objects.update(value=0)
    product.name = "restored"
    product.save()
    assert names(indexed) == ["restored"]
    assert not OutboxEntry.objects.exists()


@pytest.mark.parametrize("version", [2**63 - 1, 1_800_000_000_000_000_000])
def test_a_version_that_no_clock_has_shown_is_an_error_of_its_document(
    es: Elasticsearch, definition: IndexDefinition, indexed: Indexed, version: int
) -> None:
    bad, good = make("bad"), make("good")
    live = Generation.objects.get(role=Generation.Role.LIVE)
    es.index(
        index=write_alias(live.name),
        id=str(bad.pk),
        document={"name": "of another program"},
        version=version,
        version_type="external",
    )
    with transaction.atomic():
        bad.name = "changed"
        bad.save()
        good.name = "better"
        good.save()
    row = OutboxEntry.objects.get()
    assert (row.key, row.attempts) == (str(bad.pk), 1)
    assert f"the version {version}" in row.error
    assert f"run `manage.py es_rebuild {definition.name}`" in row.error
    assert Tick.objects.get().value < 10**16
    assert names(indexed) == ["better", "of another program"]
    rebuild(plan_rebuild(definition))
    let_time_pass()
    drain_due()
    assert names(indexed) == ["better", "changed"]
    assert not OutboxEntry.objects.exists()


def test_the_share_of_late_writes_is_counted(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    for n in range(4):
        make(f"{n}")
    flush()
    live = Generation.objects.get(role=Generation.Role.LIVE)
    assert (live.written, live.stale) == (4, 0)
    assert get_status([definition.name]).indices[0].outbox.stale_share == 0


class TestVersionsOfTheCode:
    """A rolling deploy: processes of two versions write at the same time."""

    @staticmethod
    def be_of(digest: str, role: str) -> None:
        Generation.objects.filter(role=role).update(digest=digest)

    def test_newer_code_writes_to_live_and_holds_no_row(
        self, definition: IndexDefinition, indexed: Indexed
    ) -> None:
        self.be_of("older", "live")
        make("new code")
        assert names(indexed) == ["new code"]
        assert not OutboxEntry.objects.exists()

    def test_what_the_old_mapping_refuses_is_told_and_holds_no_row(
        self, definition: IndexDefinition
    ) -> None:
        self.be_of("older", "live")
        product = make("refused", category=Category.objects.create(name="B", slug="x" * 40_000))
        assert not OutboxEntry.objects.exists()
        assert RefusedDocument.objects.get().key == str(product.pk)
        problems = [str(p) for p in get_status([definition.name]).indices[0].problems]
        assert "1 document does not fit the live mapping" in " ".join(problems)

    def test_outgoing_code_leaves_its_rows_to_the_new(
        self, definition: IndexDefinition, indexed: Indexed
    ) -> None:
        rebuild(plan_rebuild(definition))
        # The live generation was built by newer code; this process is of the standby's.
        self.be_of("newer", "live")
        make("outgoing")
        assert names(indexed) == []
        row = OutboxEntry.objects.get()
        assert row.attempts == 0
        assert row.due_at is not None
        self.be_of(definition.digest, "live")
        let_time_pass()
        drain_due()
        assert names(indexed) == ["outgoing"]

    def test_a_building_generation_of_other_code_is_left_to_it(
        self, es: Elasticsearch, definition: IndexDefinition, indexed: Indexed
    ) -> None:
        rebuild(plan_rebuild(definition))
        Generation.objects.filter(role="standby").update(role="building", digest="newer")
        make("both")
        assert names(indexed) == ["both"]
        row = OutboxEntry.objects.get()
        building = Generation.objects.get(role="building")
        assert not es.exists(index=building.name, id=row.key)
        self.be_of(definition.digest, "building")
        let_time_pass()
        drain_due()
        assert es.exists(index=building.name, id=row.key)
        assert not OutboxEntry.objects.exists()

    def test_a_standby_never_holds_a_row(
        self, es: Elasticsearch, definition: IndexDefinition
    ) -> None:
        rebuild(plan_rebuild(definition))
        standby = Generation.objects.get(role="standby")
        es.indices.put_settings(index=standby.name, settings={"index.blocks.write": True})
        product = make("fine")
        assert not OutboxEntry.objects.exists()
        assert RefusedDocument.objects.get().generation == standby
        # Going back to it tries again what it refused, so that nothing is missing silently.
        es.indices.put_settings(index=standby.name, settings={"index.blocks.write": None})
        plan = plan_swap(definition, standby.name, min_ratio=0)
        assert plan.refused == 1
        swap_alias(plan)
        assert drain_due().result.written == 1
        assert es.exists(index=standby.name, id=str(product.pk))
        assert not RefusedDocument.objects.exists()


def test_an_index_of_other_hands_is_adopted(
    es: Elasticsearch, definition: IndexDefinition, indexed: Indexed
) -> None:
    Generation.objects.all().delete()
    make("unheard")
    assert names(indexed) == []
    problems = [str(p) for p in get_status([definition.name]).indices[0].problems]
    assert "which django-es-admin did not create: run manage.py es_create" in problems[0]
    call_command("es_create", definition.name, verbosity=0)
    assert adopt(definition) == ()
    # What was changed before waits for it.
    drain_due()
    assert names(indexed) == ["unheard"]
    breaker.reset()
    make("heard")
    assert names(indexed) == ["heard", "unheard"]
    assert Generation.objects.get().digest == definition.digest


def test_a_rebuild_adopts_the_live_generation(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    Generation.objects.all().delete()
    rebuild(plan_rebuild(definition))
    roles = Generation.objects.values_list("role", flat=True)
    assert sorted(roles) == ["live", "standby"]


def test_rows_of_an_index_that_no_code_declares_wait(definition: IndexDefinition) -> None:
    OutboxEntry.objects.create(connection="default", index="unknown", key="1")
    assert drain_due().result.held == 1
    assert OutboxEntry.objects.get().due_at is not None


def test_a_key_that_is_none_of_the_model_is_a_delete(definition: IndexDefinition) -> None:
    OutboxEntry.objects.create(connection="default", index=definition.name, key="no number")
    assert drain_due().result.deleted == 1


def test_an_idle_worker_takes_no_write_lock(definition: IndexDefinition) -> None:
    flush()
    with CaptureQueriesContext(connection) as queries:
        # Of all connections, it would give a sign of life, as a worker does now and then.
        drain_due("default")
    assert len(queries) > 0
    assert not any("UPDATE" in q["sql"] or "BEGIN" in q["sql"] for q in queries)


def test_claimed_rows_are_left_alone_until_the_claim_ends(definition: IndexDefinition) -> None:
    OutboxEntry.objects.create(connection="default", index=definition.name, key="1")
    assert len(claim("default", due("default"), 10)) == 1
    assert claim("default", due("default"), 10) == []
    OutboxEntry.objects.update(leased_until=Now() - timedelta(seconds=1))
    assert len(claim("default", due("default"), 10)) == 1


def test_a_drain_inside_a_transaction_is_refused(definition: IndexDefinition) -> None:
    OutboxEntry.objects.create(connection="default", index=definition.name, key="1")
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        drain_due()


@pytest.mark.usefixtures("definition")
def test_a_tag_on_many_products_is_captured_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_es_admin.outbox.capture.changes.PORTION", 5)
    monkeypatch.setattr("django_es_admin.outbox.capture.signals.PORTION", 5)
    tag = Tag.objects.create(name="new")
    with transaction.atomic():
        tag.product_set.add(*[make(f"{n}") for n in range(12)])
    drain_due()
    with transaction.atomic():
        tag.delete()
        assert OutboxEntry.objects.filter(kind="object").count() == 12
