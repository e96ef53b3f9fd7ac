"""The product document, as a real server takes it."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from elasticsearch import Elasticsearch
from shop.documents import ProductDocument
from shop.models import Category, Product, Tag

from django_es_admin.indices.definition import get_definition

pytestmark = pytest.mark.django_db

Search = Any


def make_product(sku: str, tags: tuple[str, ...] = (), **fields: Any) -> Product:
    category, _ = Category.objects.get_or_create(slug="shoes", name="Trail shoes")
    values = {"name": sku, "brand": "Solemate", "price": "12.50", "category": category}
    product = Product.objects.create(sku=sku, **values | fields)
    product.tags.set([Tag.objects.get_or_create(name=name)[0] for name in tags])
    return product


@pytest.fixture
def search(es: Elasticsearch, prefix: str) -> Search:
    """Give a function that indexes all products and returns the SKUs that a query finds."""
    index = f"{prefix}products-shop"
    definition = get_definition("products")
    es.indices.create(
        index=index, mappings=dict(definition.mappings), settings=dict(definition.settings)
    )

    def run(query: dict[str, Any]) -> set[str]:
        document = ProductDocument()
        for product in document.get_queryset():
            es.index(index=index, id=str(product.pk), document=document.prepare(product))
        es.indices.refresh(index=index)
        return {
            hit["_source"]["sku"] for hit in es.search(index=index, query=query)["hits"]["hits"]
        }

    return run


def test_a_description_longer_than_elasticsearchs_longest_keyword(search: Search) -> None:
    make_product("A1", description="word " * 16_000 + "needle")
    assert search({"match": {"description": "needle"}}) == {"A1"}


def test_exact_values_and_words(search: Search) -> None:
    make_product("A1", name="Red running shoes", brand="Strider & Co")
    make_product("A2", name="Red")
    assert search({"term": {"name.raw": "Red"}}) == {"A2"}
    assert search({"match": {"name": "shoes"}}) == {"A1"}
    assert search({"term": {"brand": "Strider & Co"}}) == {"A1"}
    assert search({"match": {"brand.text": "strider"}}) == {"A1"}
    assert search({"match": {"brand": "strider"}}) == set()
    assert search({"term": {"category.name.raw": "Trail shoes"}}) == {"A1", "A2"}
    assert search({"match": {"category.name": "trail"}}) == {"A1", "A2"}
    assert search({"term": {"category.slug": "shoes"}}) == {"A1", "A2"}


def test_english_stop_words_find_nothing(search: Search) -> None:
    make_product("A1", name="The shoe")
    assert search({"match": {"name": "the"}}) == set()
    assert search({"match": {"name": "the shoe"}}) == {"A1"}


def test_tags_are_searched_one_by_one(search: Search) -> None:
    product = make_product("A1", tags=("steel", "gift"))
    steel = product.tags.get(name="steel").pk
    gift = product.tags.get(name="gift").pk

    def both(key: int, name: str) -> dict[str, Any]:
        terms = [{"term": {"tags.id": key}}, {"term": {"tags.name.raw": name}}]
        return {"nested": {"path": "tags", "query": {"bool": {"filter": terms}}}}

    assert search(both(steel, "steel")) == {"A1"}
    assert search(both(gift, "steel")) == set()


def test_ranges_and_flags(search: Search) -> None:
    make_product("A1", price="9.99")
    make_product("A2", price="100", is_active=False)
    assert search({"range": {"price": {"lt": 10}}}) == {"A1"}
    assert search({"term": {"is_active": False}}) == {"A2"}
    assert search({"range": {"created_at": {"gte": "now-1h"}}}) == {"A1", "A2"}
    assert search({"range": {"updated_at": {"lt": "now-1h"}}}) == set()


def test_inactive_products_are_indexed_too() -> None:
    hidden = make_product("A1", is_active=False)
    assert hidden in ProductDocument().get_queryset()


def test_a_category_and_a_tag_lead_to_their_products() -> None:
    tagged = make_product("A1", tags=("steel",))
    other = make_product("A2")
    document = ProductDocument()
    assert set(document.get_instances_from_related(tagged.category)) == {tagged, other}
    assert set(document.get_instances_from_related(Tag.objects.get())) == {tagged}
    assert not document.get_instances_from_related(tagged).exists()


def test_documents_are_read_without_a_query_per_product() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            read = list(ProductDocument.django.source.read(ProductDocument().get_queryset()))
        assert len(read) == Product.objects.count()
        return len(captured)

    make_product("A0", tags=("steel",))
    few = queries()
    for number in range(1, 12):
        make_product(f"A{number}", tags=("steel", f"tag {number}"))
    assert queries() == few
