"""Related models: proxies, multi-table inheritance, other databases, requests in a transaction."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from elasticsearch import Elasticsearch
from shop.models import Category as ShopCategory
from shop.models import Product as ShopProduct

from django_es_admin.documents import Document, fields, registry
from django_es_admin.indices.definition import definition_of, get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drainers.worker import databases, drain_due
from tests.guide.models import LoudProduct, Pizzeria, Place, Product, Restaurant
from tests.live import make_live

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture
def index(es: Elasticsearch) -> Iterator[Callable[..., Callable[[], dict[str, Any]]]]:
    """Declares a document of a model, live and empty; gives what reads it."""
    registered: list[type[Document]] = []

    def declare(model: Any, name: str, *columns: str) -> Callable[[], dict[str, Any]]:
        attributes: dict[str, Any] = {column: fields.KeywordField() for column in columns}
        attributes["Index"] = type("Index", (), {"name": name})
        attributes["Django"] = type("Django", (), {"model": model})
        document = registry.register_document(type("KinDocument", (Document,), attributes))
        registered.append(document)
        definition = definition_of(document)
        make_live(definition)

        def read() -> dict[str, Any]:
            es.indices.refresh(index=definition.alias)
            hits = es.search(index=definition.alias, size=100)["hits"]["hits"]
            return {hit["_id"]: hit["_source"] for hit in hits}

        return read

    yield declare
    for document in registered:
        registry.unregister_document(document)


def test_a_proxy_is_its_model(index: Callable[..., Any]) -> None:
    read = index(Product, "kin", "name")
    loud = LoudProduct.objects.create(name="loud", description="", price=1)
    assert read() == {str(loud.pk): {"name": "loud"}}
    Product.objects.get().delete()
    assert read() == {}


def test_a_document_of_a_proxy(index: Callable[..., Any]) -> None:
    read = index(LoudProduct, "kin", "name")
    product = Product.objects.create(name="plain", description="", price=1)
    assert read() == {str(product.pk): {"name": "plain"}}
    LoudProduct.objects.get().delete()
    assert read() == {}


def test_a_parent_and_a_child_table(index: Callable[..., Any]) -> None:
    places = index(Place, "places", "name", "city")
    restaurants = index(Restaurant, "restaurants", "name", "stars")
    restaurant = Restaurant.objects.create(name="Da Ada", stars=2)
    key = str(restaurant.pk)
    assert places() == {key: {"name": "Da Ada", "city": ""}}
    assert restaurants() == {key: {"name": "Da Ada", "stars": 2}}
    place = Place.objects.get()
    place.name = "Chez Ada"
    place.save()
    assert restaurants()[key]["name"] == "Chez Ada"
    pizzeria = Pizzeria.objects.get()
    pizzeria.stars = 3
    pizzeria.save(update_fields=["stars"])
    assert restaurants()[key]["stars"] == 3
    Place.objects.create(name="Park")
    assert len(places()) == 2
    assert len(restaurants()) == 1
    restaurant.delete()
    assert [place["name"] for place in places().values()] == ["Park"]
    assert restaurants() == {}


def test_deleting_the_parent_deletes_the_childs_document(index: Callable[..., Any]) -> None:
    restaurants = index(Restaurant, "restaurants", "name")
    Restaurant.objects.create(name="Da Ada")
    Place.objects.get().delete()
    assert restaurants() == {}


class Elsewhere:
    """A router that has places in the other database."""

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "other" if issubclass(model, Place) else None

    db_for_read = db_for_write


def test_an_index_of_another_database(index: Callable[..., Any], settings: Any) -> None:
    settings.DATABASE_ROUTERS = [Elsewhere()]
    read = index(Place, "places", "name")
    assert databases() == ["default", "other"]
    place = Place.objects.create(name="there")
    assert place._state.db == "other"
    assert read() == {str(place.pk): {"name": "there"}}
    # What is in a database that does not feed the index does not concern it.
    Place(pk=place.pk, name="here").save(using="default")
    assert not OutboxEntry.objects.using("default").exists()
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    place.name = "moved"
    place.save()
    assert OutboxEntry.objects.using("other").count() == 1
    assert drain_due().result.written == 1
    assert read() == {str(place.pk): {"name": "moved"}}


def test_a_loaded_fixture(index: Callable[..., Any], tmp_path: Any) -> None:
    read = index(Place, "places", "name")
    path = tmp_path / "places.json"
    path.write_text('[{"model": "guide.place", "pk": 5, "fields": {"name": "loaded"}}]')
    call_command("loaddata", str(path), verbosity=0)
    assert read() == {"5": {"name": "loaded"}}


def test_a_request_that_is_a_transaction(
    es: Elasticsearch, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = get_definition("products")
    rebuild(plan_rebuild(definition))
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    category = ShopCategory.objects.create(name="Shoes", slug="shoes")
    data = {"name": "Boot", "price": "1", "category": category.pk, "brand": "b", "sku": "s"}
    response = admin_client.post("/admin/shop/product/add/", data)
    assert response.status_code == 302
    es.indices.refresh(index=definition.alias)
    assert es.count(index=definition.alias)["count"] == 1
    assert ShopProduct.objects.count() == 1
    assert not OutboxEntry.objects.exists()


def test_the_other_database_has_its_own_outbox() -> None:
    assert OutboxEntry._meta.db_table in connections["other"].introspection.table_names()
