"""Nobody gets "database is locked" because somebody else writes: SQLite has one writer at a time.

It waits for the other one at a transaction's first statement, never once the transaction has read.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields, registry
from django_es_admin.indices.definition import definition_of
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.rows.claim import claim, due
from tests.guide.models import Category, Place, Product
from tests.live import make_live

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _begin_as_by_default(transactional_db: None) -> Iterator[None]:
    # The shop's settings say IMMEDIATE, which not every project does. PostgreSQL has no such mode.
    connection.ensure_connection()
    before = getattr(connection, "transaction_mode", None)
    setattr(connection, "transaction_mode", None)  # noqa: B010 (an attribute of SQLite's alone)
    yield
    setattr(connection, "transaction_mode", before)  # noqa: B010


@contextmanager
def writing(during: Callable[[], None]) -> Iterator[None]:
    """Write in another thread, over and over, while ``during`` is called in this one."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with transaction.atomic():
                Place.objects.create(name="x")
                time.sleep(0.005)
            time.sleep(0.005)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        during()
        yield
    finally:
        stop.set()
        thread.join(30)


@pytest.fixture
def shelves(es: Elasticsearch, settings: Any) -> Iterator[None]:
    """Categories with their products, which are related objects that may move."""
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}

    @registry.register_document
    class LockDocument(Document):
        product_set = fields.NestedField(properties={"name": fields.KeywordField()})

        class Index:
            name = "locks"

        class Django:
            model = Category
            related_models = [Product]

        def get_instances_from_related(self, related_instance: Product) -> Category | None:
            return related_instance.category

    make_live(definition_of(LockDocument))
    yield
    registry.unregister_document(LockDocument)


@pytest.mark.usefixtures("shelves")
def test_a_related_object_is_saved_and_deleted_while_others_write() -> None:
    category = Category.objects.create(name="a", slug="a")
    products = [
        Product.objects.create(name="a", description="", price=1, category=category)
        for _ in range(8)
    ]

    def change() -> None:
        for product in products:
            product.save()
            product.delete()

    with writing(change):
        assert not Product.objects.exists()


def test_rows_are_claimed_while_others_write() -> None:
    OutboxEntry.objects.bulk_create(
        OutboxEntry(connection="default", index="x", key=f"{n}") for n in range(15)
    )

    def take() -> None:
        for _ in range(15):
            assert len(claim("default", due("default"), 1)) == 1

    with writing(take):
        assert claim("default", due("default"), 1) == []
