"""A failure delays no other index, object or connection."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields, registry
from django_es_admin.indices.definition import IndexDefinition, definition_of, get_definition
from django_es_admin.indices.names import new_generation_name, write_alias
from django_es_admin.lifecycle.generations.table import register
from django_es_admin.models import Generation, OutboxEntry, RefusedDocument
from django_es_admin.outbox.drainers.worker import drain_due, drain_forever
from tests.guide.models import Category, FlatProduct, Product
from tests.live import make_live
from tests.servers import hanging

Indexed = Callable[[], dict[str, Any]]


def make(name: str = "Boot", **values: Any) -> Product:
    return Product.objects.create(name=name, description="", price=1, **values)


def names(indexed: Indexed) -> list[str]:
    return sorted(source["name"] for source in indexed().values())


@contextmanager
def document_of(model: Any, index: str, **attributes: Any) -> Iterator[IndexDefinition]:
    """Declare a document, live and empty."""
    options = {"model": model, "related_models": attributes.pop("related_models", ())}
    attributes |= {
        "Index": type("Index", (), {"name": index}),
        "Django": type("Django", (), options),
    }
    document = registry.register_document(type("IsolatedDocument", (Document,), attributes))
    try:
        definition = definition_of(document)
        make_live(definition)
        yield definition
    finally:
        registry.unregister_document(document)


def wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@contextmanager
def worker() -> Iterator[None]:
    stop = threading.Event()

    def work() -> None:
        drain_forever(stop, 0.02)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)


@pytest.fixture
def missing(es: Elasticsearch, definition: IndexDefinition, settings: Any) -> str:
    """The name of an index whose live generation somebody deleted, with older rows than others."""
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker", "BULK_MAX_DOCUMENTS": 2}
    flat = get_definition("flat-products")
    make_live(flat)
    es.indices.delete(index=Generation.objects.get(alias=flat.alias).name)
    for n in range(4):
        FlatProduct.objects.create(name="a", description="", price=1, sku=f"{n}")
    return flat.name


def test_rows_of_a_missing_index_do_not_stand_before_others(missing: str, indexed: Indexed) -> None:
    with worker():
        make("first")
        wait_until(lambda: not OutboxEntry.objects.exclude(index=missing).exists())
        make("second")
        wait_until(lambda: not OutboxEntry.objects.exclude(index=missing).exists())
    assert names(indexed) == ["first", "second"]
    assert OutboxEntry.objects.filter(index=missing, attempts=0).count() == 4


def test_one_run_handles_what_is_behind_a_missing_index(missing: str, indexed: Indexed) -> None:
    make("behind")
    report = drain_due()
    assert [stopped.index for stopped in report.result.stopped] == [missing]
    assert names(indexed) == ["behind"]


def test_code_that_fails_for_one_related_object_stops_neither_worker_nor_others(
    es: Elasticsearch, definition: IndexDefinition, indexed: Indexed, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}

    def of_related(self: Document, related: Category) -> Any:
        if related.name == "Bad":
            raise AttributeError("'NoneType' object has no attribute 'shop'")
        return related.product_set.all()

    with document_of(
        Product,
        "failing",
        name=fields.KeywordField(),
        related_models=(Category,),
        get_instances_from_related=of_related,
    ):
        Category.objects.create(name="Bad", slug="bad")
        make("good")
        with worker():
            wait_until(lambda: not OutboxEntry.objects.filter(attempts=0).exists())
        row = OutboxEntry.objects.get()
        assert (row.kind, row.attempts, row.leased_until) == ("related", 1, None)
        assert "get_instances_from_related() failed: AttributeError" in row.error
    assert names(indexed) == ["good"]


def test_an_object_that_cannot_be_read_does_not_stop_the_others(
    es: Elasticsearch, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def from_db_value(self: Any, value: Any, *args: Any) -> Any:
        if value == "broken":
            raise ValueError("no JSON")
        return value

    with document_of(Product, "unreadable", name=fields.KeywordField()) as definition:
        field = Product._meta.get_field("name")
        monkeypatch.setattr(type(field), "from_db_value", from_db_value, raising=False)
        with transaction.atomic():
            for name in ("a", "b", "broken", "c", "d"):
                make(name)
        row = OutboxEntry.objects.get(index="unreadable")
        assert "ValueError: incident " in row.error
        es.indices.refresh(index=definition.alias)
        assert es.count(index=definition.alias)["count"] == 4


def test_a_batch_that_is_read_too_slowly_is_read_in_halves(
    es: Elasticsearch, transactional_db: None, settings: Any
) -> None:
    settings.ES_ADMIN = {
        **settings.ES_ADMIN,
        "DELETE_AGAIN_AFTER": 2,
        "WRITE_TIMEOUT": 0.9,
        "INLINE_TIMEOUT": 0.9,
    }

    def prepare_name(self: Document, instance: Product) -> str:
        threading.Event().wait(0.15)
        return instance.name

    with document_of(
        Product, "slow", name=fields.KeywordField(), prepare_name=prepare_name
    ) as definition:
        with transaction.atomic():
            for n in range(10):
                make(f"{n}")
        # A save waits for INLINE_TIMEOUT as a whole, and leaves the rest to a worker.
        drain_due()
        es.indices.refresh(index=definition.alias)
        assert es.count(index=definition.alias)["count"] == 10


def test_a_standby_without_its_shards_holds_no_row(
    es: Elasticsearch, definition: IndexDefinition, indexed: Indexed, settings: Any
) -> None:
    name = new_generation_name(definition.alias)
    es.indices.create(
        index=name,
        settings={"number_of_replicas": 0, "index.routing.allocation.enable": "none"},
        aliases={write_alias(name): {"is_hidden": True}},
        wait_for_active_shards=0,
    )
    standby = register(definition, name, Generation.Role.STANDBY)
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_TIMEOUT": 0.5}
    product = make("fine")
    assert names(indexed) == ["fine"]
    assert not OutboxEntry.objects.exists()
    refused = RefusedDocument.objects.get()
    assert (refused.generation, refused.key) == (standby, str(product.pk))


def test_a_connection_that_hangs_is_waited_for_once(
    definition: IndexDefinition, settings: Any
) -> None:
    make_live(get_definition("flat-products"))
    settings.ES_ADMIN = {**settings.ES_ADMIN, "WRITE_TIMEOUT": 0.5}
    with hanging() as server:
        settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "HOSTS": [server]}}
        OutboxEntry.objects.bulk_create(
            OutboxEntry(connection="default", index=index, key="1")
            for index in ("flat-products", definition.name)
        )
        report = drain_due()
    assert len(report.result.stopped) == 1
    assert OutboxEntry.objects.filter(attempts=0, leased_until=None).count() == 2


def test_a_transaction_writes_no_more_than_it_may_itself(indexed: Indexed, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_MAX_OBJECTS": 20}
    categories = [Category.objects.create(name=f"{n}", slug=f"{n}") for n in range(3)]
    for category in categories:
        with transaction.atomic():
            for n in range(8):
                make(f"{n}", category=category)
    drain_due()
    with transaction.atomic():
        for category in categories:
            category.name = "new"
            category.save()
    assert OutboxEntry.objects.filter(kind="related").count() == 1
    drain_due()
    assert {source["category"]["name"] for source in indexed().values()} == {"new"}


def test_an_object_that_was_saved_often_is_fanned_out_once(indexed: Indexed, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    category = Category.objects.create(name="Shoes", slug="shoes")
    make(category=category)
    drain_due()
    for n in range(5):
        category.name = f"{n}"
        category.save()
    assert drain_due().result.written == 1
    assert indexed().popitem()[1]["category"]["name"] == "4"
    assert not OutboxEntry.objects.exists()


def test_a_good_fan_out_resolves_what_was_parked(indexed: Indexed, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OUTBOX_MAX_ATTEMPTS": 1}
    category = Category.objects.create(name="Bad", slug="x" * 40_000)
    make("poison", category=category)
    assert OutboxEntry.objects.get().parked_at is not None
    category.slug = "good"
    category.save()
    assert names(indexed) == ["poison"]
    assert not OutboxEntry.objects.exists()


@pytest.mark.usefixtures("definition")
def test_a_row_of_a_rolled_back_savepoint_acknowledges_no_other(indexed: Indexed) -> None:
    good = make("good")
    bad = Category.objects.create(name="Bad", slug="x" * 40_000)
    with transaction.atomic():
        with suppress(IntegrityError), transaction.atomic():
            good.save()
            raise IntegrityError
        # Where ids are given again, this row has that of the other.
        poison = make("poison", category=bad)
    row = OutboxEntry.objects.get()
    assert (row.key, row.attempts) == (str(poison.pk), 1)


@pytest.mark.usefixtures("definition")
def test_what_a_large_transaction_leaves_is_left_to_workers(settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_MAX_OBJECTS": 3}
    with transaction.atomic():
        for n in range(10):
            make(f"{n}")
    assert OutboxEntry.objects.count() == 7
