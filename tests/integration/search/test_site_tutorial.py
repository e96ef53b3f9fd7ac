"""The tutorial's own product, flat and without a field for its key, with the tutorial's tests."""

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.search import FacetedSearchService, RangeFacet, StatsFacet, TermsFacet
from tests.guide.documents import FlatProductDocument
from tests.guide.models import FlatProduct
from tests.live import make_live

pytestmark = pytest.mark.django_db


class ProductSearchService(FacetedSearchService):
    """As the tutorial writes it out."""

    document = FlatProductDocument
    fields = ("name^3", "description", "brand^2")
    filters = {"category": "category", "brand": "brand"}
    ranges = {"price": "price"}
    sorts = {
        "relevance": "_score",
        "price_asc": "price",
        "price_desc": "-price",
        "newest": "-created_at",
    }
    default_filters = {"is_active": True}
    facets = {
        "categories": TermsFacet("category"),
        "brands": TermsFacet("brand"),
        "price_ranges": RangeFacet("price", ({"to": 50, "key": "under_50"}, {"from": 50})),
        "price_stats": StatsFacet("price"),
    }
    suggest_field = "name.suggest"
    spelling_field = "name"


@pytest.fixture(autouse=True)
def product(es: Elasticsearch) -> None:
    FlatProduct.objects.create(
        name="Test Product",
        description="A great test product for testing",
        price="99.99",
        category="Electronics",
        brand="TestBrand",
        sku="TEST-001",
        is_active=True,
    )
    make_live(get_definition("flat-products"))


def test_the_tutorial_s_cases() -> None:
    service = ProductSearchService()
    results = service.search(query="test product")
    assert results["total"] == 1
    assert results["results"][0]["name"] == "Test Product"
    assert service.search(category="Electronics")["total"] == 1
    assert service.search(category="Clothing")["total"] == 0
    assert service.search(min_price=50, max_price=100)["total"] == 1
    assert service.search(min_price=100, max_price=200)["total"] == 0
    assert service.search(query="testt product")["total"] == 1


def test_the_tutorial_s_shapes() -> None:
    results = ProductSearchService().search_with_facets(
        query="test",
        category="Electronics",
        brand="TestBrand",
        min_price=50,
        max_price=100,
        sort_by="newest",
        page=1,
        page_size=20,
    )
    [product] = results["results"]
    assert product["category"] == "Electronics"
    assert results["facets"] == {
        "categories": [{"name": "Electronics", "count": 1}],
        "brands": [{"name": "TestBrand", "count": 1}],
        "price_ranges": [{"name": "under_50", "count": 0}, {"name": "50.0-*", "count": 1}],
        "price_stats": {
            "min": pytest.approx(99.99),
            "max": pytest.approx(99.99),
            "avg": pytest.approx(99.99),
        },
    }
    [suggestion] = ProductSearchService().autocomplete("tes")
    assert suggestion["text"] == "Test Product"
    assert ProductSearchService().did_you_mean("tset prodct")[0]["text"] == "test product"


def test_pages_without_a_field_for_the_key_have_numbers_and_no_cursor() -> None:
    FlatProduct.objects.bulk_create(
        FlatProduct(
            name=f"Spare {number}",
            description="",
            price=number,
            category="Parts",
            brand="TestBrand",
            sku=f"S-{number}",
        )
        for number in range(5)
    )
    rebuild(plan_rebuild(get_definition("flat-products")))
    service = ProductSearchService()
    pages = [
        service.search("spare", page=page, page_size=2, sort_by="price_asc") for page in (1, 2, 3)
    ]
    assert [product["price"] for page in pages for product in page["results"]] == [0, 1, 2, 3, 4]
    assert [page["next"] for page in pages] == [None, None, None]
    assert service.find_keys("spare 3") == (FlatProduct.objects.get(sku="S-3").pk,)
