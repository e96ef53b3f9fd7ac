"""The shop's search as JSON: each parameter, and what is not a parameter."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from shop.search import ProductSearchService

from tests.integration.admin.searching import elasticsearch_at, no_elasticsearch
from tests.servers import answering

from .storefront import ACTIVE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]

SEARCH = reverse("product-search")
AUTOCOMPLETE = reverse("autocomplete")


def asked(client: Client, status: int = 200, path: str = SEARCH, **parameters: Any) -> Any:
    response = client.get(path, parameters)
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    return response.json()


def names(results: Any) -> list[str]:
    return [product["name"] for product in results["results"]]


def test_the_addresses() -> None:
    assert (SEARCH, AUTOCOMPLETE) == ("/search/", "/autocomplete/")


def test_an_answer_without_parameters(client: Client) -> None:
    results = asked(client)
    assert set(results) == {
        "results",
        "total",
        "page",
        "page_size",
        "total_pages",
        "next",
        "facets",
    }
    assert (results["total"], results["page"], results["page_size"]) == (len(ACTIVE), 1, 20)


def test_each_parameter(client: Client) -> None:
    assert names(asked(client, q="test product")) == ["Test Product"]
    assert names(asked(client, category="Electronics")) == ["Test Product"]
    assert names(asked(client, brand="TestBrand")) == ["Test Product"]
    assert asked(client, brand=["TestBrand", "Lumen"])["total"] == 3
    assert asked(client, min_price="99.99", max_price="99.99")["total"] == 1
    assert asked(client, min_price="1e2")["total"] == 3
    prices = [product["price"] for product in asked(client, sort="price_asc")["results"]]
    assert prices == sorted(prices)
    page = asked(client, page="2", page_size="4", sort="price_asc")
    assert [product["price"] for product in page["results"]] == prices[4:8]
    assert (page["page"], page["page_size"], page["total_pages"]) == (2, 4, 3)
    after = asked(client, page_size="4", sort="price_asc")["next"]
    assert asked(client, page_size="4", sort="price_asc", after=after)["results"] == page["results"]


def test_empty_and_unknown_parameters_ask_for_nothing(client: Client) -> None:
    everything = asked(client)
    empty = dict.fromkeys(
        ("q", "category", "brand", "min_price", "max_price", "sort", "page", "page_size", "after"),
        "",
    )
    assert asked(client, **empty) == everything
    assert asked(client, utm_source="mail", is_active="false", query="x") == everything
    assert asked(client, sort="cheapest") == everything
    assert asked(client, page_size="101")["page_size"] == 100


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "abc"),
        ("page", "-1"),
        ("page", "0"),
        ("page", "1e3"),
        ("page", "5001"),
        ("page", "9" * 5_000),
        ("page", ["1", "2"]),
        ("page_size", "-5"),
        ("page_size", "ten"),
        ("min_price", "nan"),
        ("min_price", "inf"),
        ("max_price", "cheap"),
        ("max_price", ["1", "2"]),
        ("q", "x" * 1_001),
        ("q", "a\0b"),
        ("q", ["a", "b"]),
        ("brand", "\0"),
        ("category", "x" * 2_000),
        ("after", "xyz"),
        ("sort", ["newest", "price_asc"]),
    ],
)
def test_what_cannot_be_meant_is_an_error_of_the_request(
    client: Client, name: str, value: Any
) -> None:
    error = asked(client, 400, **{name: value})
    assert set(error) == {"error", "parameter"}
    assert error["parameter"] == name
    assert name in error["error"] or error["error"].startswith("Pages of 20 end at page 5000")


def test_an_error_is_in_the_reader_s_language(client: Client) -> None:
    response = client.get(SEARCH, {"page": "x"}, headers={"Accept-Language": "de"})
    assert response.json()["error"] == "„page“ muss eine ganze Zahl sein."


def test_autocomplete(client: Client) -> None:
    [only] = asked(client, path=AUTOCOMPLETE, q="trai")["suggestions"]
    assert only["text"] == "Trail shoes"
    assert asked(client, path=AUTOCOMPLETE, q="t") == {"suggestions": []}
    assert asked(client, path=AUTOCOMPLETE) == {"suggestions": []}
    assert asked(client, 400, path=AUTOCOMPLETE, q="a\0b")["parameter"] == "q"


def test_suggestions_that_are_not_declared(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ProductSearchService, "suggest_field", "")
    error = "Search service temporarily unavailable"
    for path in (AUTOCOMPLETE, reverse("api-autocomplete")):
        caplog.clear()
        body = asked(client, 503, path=path, q="trai")
        assert error in (body.get("error"), body.get("detail"))
        assert "FacetedSearchService has no suggest_field" in caplog.text


def test_while_elasticsearch_is_down(client: Client) -> None:
    with no_elasticsearch():
        body = asked(client, 503, q="lantern")
        assert body["error"] == "Search service temporarily unavailable"
        assert body["results"] == []
        assert asked(client, path=AUTOCOMPLETE, q="trai") == {"suggestions": []}


def test_what_elasticsearch_refuses_is_an_error_of_the_request(client: Client) -> None:
    refusal = json.dumps({"error": {"type": "x", "reason": "secret-index"}, "status": 400})
    server = answering(400, refusal, "application/json", elasticsearch=True)
    with server as url, elasticsearch_at(url):
        body = asked(client, 400, q="lantern")
    assert body == {"error": "The search cannot be understood.", "parameter": ""}


def test_only_reading(client: Client) -> None:
    assert client.post(SEARCH).status_code == 405
    assert client.head(SEARCH).status_code == 200
