"""The shop's search with Django REST Framework, and what OpenAPI says of it."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client, RequestFactory
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from rest_framework import generics, serializers
from rest_framework.request import Request
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from shop.models import Product
from shop.search import FacetedSearchService

from django_es_admin.rest import SearchFilterBackend, SearchPagination
from tests.integration.admin.searching import no_elasticsearch

from .storefront import ACTIVE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]

SEARCH = reverse("api-product-search")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "100"))
examples_of_each = pytest.mark.parametrize(
    "examples", [25, pytest.param(EXAMPLES, marks=pytest.mark.slow)], ids=["few", "many"]
)


def asked(client: Client, status: int = 200, path: str = SEARCH, **parameters: Any) -> Any:
    response = client.get(path, parameters)
    assert response.status_code == status, response.content
    return response.json()


def test_the_address() -> None:
    assert SEARCH == "/api/search/"


def test_a_product_has_the_fields_of_the_tutorial(client: Client) -> None:
    body = asked(client, q="test product")
    assert body["total"] == 1
    [product] = body["results"]
    assert product.pop("id")
    assert product.pop("score") > 0
    assert product.pop("highlights")["name"] == ["<mark>Test</mark> <mark>Product</mark>"]
    assert product == {
        "name": "Test Product",
        "description": "A great test product for testing",
        "price": 99.99,
        "category": "Electronics",
        "brand": "TestBrand",
        "sku": "TEST-001",
    }
    assert body["facets"]["brands"] == [{"name": "TestBrand", "count": 1}]
    assert set(body["facets"]) == {"categories", "brands", "price_ranges", "price_stats"}


def test_both_faces_answer_the_same(client: Client) -> None:
    parameters = {"q": "lantern", "brand": ["Lumen", "Acme"], "sort": "newest", "page_size": 2}
    plain = asked(client, path=reverse("product-search"), **parameters)
    rest = asked(client, **parameters)
    for key in plain.keys() - {"results"}:
        assert rest[key] == plain[key]
    assert [each["id"] for each in rest["results"]] == [each["id"] for each in plain["results"]]
    assert {each["score"] for each in rest["results"]} == {None}


@pytest.mark.parametrize(
    ("name", "value"),
    [("page", "abc"), ("page", "0"), ("min_price", "nan"), ("max_price", "x"), ("page_size", "-1")],
)
def test_what_cannot_be_meant(client: Client, name: str, value: str) -> None:
    body = asked(client, 400, **{name: value})
    assert body["parameter"] == name
    assert name in body["error"]


def test_while_elasticsearch_is_down(client: Client) -> None:
    with no_elasticsearch():
        body = asked(client, 503, q="lantern")
    assert body["error"] == "Search service temporarily unavailable"
    assert (body["results"], body["total"], body["facets"]["brands"]) == ([], 0, [])


def test_autocomplete(client: Client) -> None:
    path = reverse("api-autocomplete")
    [only] = asked(client, path=path, q="trai")["suggestions"]
    assert only["text"] == "Trail shoes"
    assert asked(client, path=path) == {"suggestions": []}
    assert asked(client, 400, path=path, q="\0x")["parameter"] == "q"


def test_the_browsable_page(client: Client) -> None:
    response = client.get(SEARCH, {"q": "lantern"}, headers={"accept": "text/html"})
    assert response.status_code == 200
    assert b"Green Lantern" in response.content


# --- OpenAPI ---


@pytest.fixture
def api() -> Iterator[Any]:
    """What the site says of its API; asked as a server would, but for the end of a request."""
    for signal in (request_started, request_finished):
        # It would take the test's own connection away. Django's test client does the same.
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_the_description_has_each_parameter(api: Any) -> None:
    operation = api.raw_schema["paths"][SEARCH]["get"]
    described = {each["name"]: each["schema"] for each in operation["parameters"]}
    assert set(described) == {
        *("q", "category", "brand", "min_price", "max_price"),
        *("sort", "page", "page_size", "after"),
    }
    assert described["q"] == {"type": "string", "maxLength": 1000}
    assert described["sort"]["enum"] == ["relevance", "price_asc", "price_desc", "newest"]
    assert described["page_size"]["default"] == 20
    assert described["brand"] == {"type": "array", "items": {"type": "string"}}
    assert set(operation["responses"]) == {"200", "400", "503"}


def ask_whatever(api: Any, path: str, mode: GenerationMode, examples: int) -> set[int]:
    """Ask what the description allows, or what it does not; return the statuses."""

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize="SCHEMA_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=api[path]["GET"].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answered.add(case.call_and_validate(checks=CHECKS).status_code)

    answered: set[int] = set()
    ask()
    return answered


@pytest.mark.few(2)
@examples_of_each
@pytest.mark.parametrize("path", ["/api/search/", "/api/autocomplete/"])
@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_whatever_is_asked_is_answered_as_described(
    api: Any, path: str, mode: GenerationMode, examples: int
) -> None:
    """Values that fit the description, and such that do not; SCHEMA_EXAMPLES of each."""
    assert {200} <= ask_whatever(api, path, mode, examples) <= {200, 400, 404, 405}


@examples_of_each
@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_whatever_the_database_is_asked_is_answered_as_described(
    api: Any, mode: GenerationMode, monkeypatch: pytest.MonkeyPatch, examples: int
) -> None:
    monkeypatch.setattr(FacetedSearchService, "fallback", "database")
    with no_elasticsearch():
        answered = ask_whatever(api, SEARCH, mode, examples)
    # 503 for a cursor, from which a database cannot go on.
    assert {200} <= answered <= {200, 400, 404, 405, 503}


# --- lists of rows ---


class _Row(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = ("id", "name")


class _Rows(generics.ListAPIView):
    queryset = Product.objects.exclude(brand="Acme")
    serializer_class = _Row
    filter_backends = (SearchFilterBackend,)
    pagination_class = SearchPagination
    search_service_class = FacetedSearchService
    authentication_classes = ()


def rows(status: int = 200, **parameters: Any) -> Any:
    response = _Rows.as_view()(RequestFactory().get("/", parameters))
    assert response.status_code == status, response.data
    return response.data


def test_rows_are_searched_within_the_queryset_of_the_view() -> None:
    body = rows(q="lantern", sort="price_desc", page_size=2)
    assert [row["name"] for row in body["results"]] == ["Trail shoes", "Blue Lantern"]
    del body["results"]
    assert body == {"total": 3, "page": 1, "page_size": 2, "total_pages": 2}
    best = rows(q="blue lantern")["results"]
    assert [row["name"] for row in best] == ["Blue Lantern"]


def test_rows_without_a_search_are_all_of_them() -> None:
    assert rows()["total"] == Product.objects.exclude(brand="Acme").count()
    assert rows(page=2, page_size=5)["page"] == 2
    assert rows(q="xylophagous") == {
        "results": [],
        "total": 0,
        "page": 1,
        "page_size": 20,
        "total_pages": 0,
    }


def test_rows_and_a_search_that_cannot_be_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rows(400, min_price="nan")["parameter"] == "min_price"
    with no_elasticsearch():
        rows(503, q="lantern")
        monkeypatch.setattr(FacetedSearchService, "fallback", "database")
        assert [row["name"] for row in rows(q="lantern", sort="price_asc")["results"]] == [
            "Red Lantern",
            "Blue Lantern",
            "Trail shoes",
        ]


def test_rows_are_described() -> None:
    request = Request(RequestFactory().get("/"))
    view = _Rows(request=request, format_kwarg=None)
    described = {
        each["name"]: each["schema"]
        for each in SearchFilterBackend().get_schema_operation_parameters(view)
    }
    assert described["min_price"] == {"type": "number"}
    assert described["brand"] == {"type": "array", "items": {"type": "string"}}
    assert not described.keys() & {"page", "page_size", "after"}
    page = SearchPagination().get_paginated_response_schema({"type": "array"})
    assert page["properties"]["results"] == {"type": "array"}


def test_every_active_product_can_be_reached(client: Client) -> None:
    found = [each["name"] for each in asked(client, page_size=100)["results"]]
    assert sorted(found) == sorted(product["name"] for product in ACTIVE)
