"""An asynchronous view changes objects: captured, drained, and the event loop goes on."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient
from django.urls import path
from elasticsearch import Elasticsearch

from django_es_admin.documents import fields, registry
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox import CapturedQuerySet
from django_es_admin.outbox.drainers import inline
from django_es_admin.outbox.triggers.install import remove
from tests.guide.models import Product
from tests.integration.outbox.test_bulk import declared, names
from tests.triggered import Read, Triggered, kept, products

pytestmark = pytest.mark.django_db(transaction=True)

TICKS = 20


async def change(request: HttpRequest) -> HttpResponse:
    """Save, update, and save again."""
    product = Product(name="made", description="", price=1)
    await product.asave()
    other = await Product.objects.acreate(name="other", description="", price=1)
    rows = CapturedQuerySet(Product)
    changed = await rows.filter(name="made").aupdate(name="updated")
    other.name = "saved"
    await other.asave(update_fields=["name"])
    return HttpResponse(str(changed))


async def update_alone(request: HttpRequest) -> HttpResponse:
    """Update by a manager that captures nothing."""
    return HttpResponse(str(await Product.objects.filter(name="updated").aupdate(name="again")))


urlpatterns = [path("change/", change), path("update/", update_alone)]


@pytest.fixture(params=["signals", "triggers"])
def read(request: pytest.FixtureRequest, es: Elasticsearch, settings: Any) -> Iterator[Read]:
    """Read an index of products, which is live and empty."""
    settings.ROOT_URLCONF = __name__
    if request.param == "signals":
        with declared(es, Product, name=fields.KeywordField()) as found:
            yield found
        return
    made = Triggered(es)
    yield products(made)
    for document in made.registered:
        registry.unregister_document(document)
    remove("default")


def test_a_view_that_changes_objects(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, waited = inline.drain_committed, []
    ticked = threading.Event()

    def slow(using: str, entries: list[OutboxEntry]) -> None:
        # Elasticsearch answers only once the loop has done something else.
        waited.append(ticked.wait(30))
        plain(using, entries)

    monkeypatch.setattr(inline, "drain_committed", slow)

    async def tick() -> None:
        for _ in range(TICKS):
            await asyncio.sleep(0.001)
        ticked.set()

    async def both() -> HttpResponse:
        answer, _ = await asyncio.gather(AsyncClient().get("/change/"), tick())
        return answer

    answer = async_to_sync(both)()
    assert (answer.status_code, answer.content) == (200, b"1")
    assert len(waited) >= 3
    assert all(waited)
    # Nobody else has drained: it was done before the view answered.
    assert kept() == []
    assert not OutboxEntry.objects.exists()
    assert names(read) == ["saved", "updated"]


@pytest.mark.parametrize("read", ["triggers"], indirect=True)
def test_a_view_whose_manager_captures_nothing(read: Read) -> None:
    async_to_sync(AsyncClient().get)("/change/")
    changed = Product.objects.get(name="updated")
    answer = async_to_sync(AsyncClient().get)("/update/")
    assert answer.content == b"1"
    assert kept() == [("object", "", str(changed.pk))]
    assert names(read) == ["again", "saved"]
