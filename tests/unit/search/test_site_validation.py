"""What is wrong with the declaration of a service."""

from typing import Any

import pytest
from django.core import checks
from shop import search as shop_search
from shop.documents import ProductDocument

from django_es_admin.checks import check_services
from django_es_admin.search import FacetedSearchService, RangeFacet, StatsFacet, TermsFacet
from django_es_admin.search.site.validation import find_problems


def problems(**declared: Any) -> list[tuple[str, str]]:
    service: Any = type("Made", (FacetedSearchService,), {"document": ProductDocument, **declared})
    return [(problem.kind, problem.message) for problem in find_problems(service)]


def test_the_shop_s_services_are_right() -> None:
    assert list(find_problems(shop_search.FacetedSearchService)) == []
    assert check_services() == []


def test_a_document_that_is_none() -> None:
    [(kind, message)] = problems(document=dict)
    assert kind == "document"
    assert "not a registered document" in message


def test_a_document_whose_hits_do_not_lead_to_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProductDocument.django.places, "own", True)
    [(kind, message)] = problems()
    assert kind == "document"
    assert "has ids or a routing of its own" in message


@pytest.mark.parametrize(
    ("declared", "named"),
    [
        ({"fields": ("nmae^3",)}, "fields has 'nmae^3'"),
        ({"fields": ("name^x",)}, "no number above 0"),
        ({"filters": {"brand": "barnd"}}, "filters has 'barnd'"),
        ({"filters": {"category": "category.name"}}, "is of the type text"),
        ({"default_filters": {"description": "x"}}, "is of the type text"),
        ({"ranges": {"brand": "brand"}}, "is of the type keyword"),
        ({"sorts": {"name": "-name"}}, "sorts has 'name'"),
        ({"highlight": ("title",)}, "highlight has 'title'"),
        ({"facets": {"names": TermsFacet("name")}}, "facets has 'name'"),
        ({"facets": {"stats": StatsFacet("brand")}}, "is of the type keyword"),
        ({"suggest_field": "name"}, "suggest_field has 'name'"),
        ({"spelling_field": "brand"}, "spelling_field has 'brand'"),
    ],
)
def test_a_field_that_cannot_be_used_so(declared: dict[str, Any], named: str) -> None:
    [(kind, message)] = problems(**declared)
    assert kind == "field"
    assert named in message


@pytest.mark.parametrize(
    "declared",
    [
        {"operator": "xor"},
        {"fuzziness": 3},
        {"fuzziness": "auto"},
        {"sorts": {}},
        {"fallback": "cache"},
        {"page_size": 0},
        {"max_page_size": -1},
        {"facets": {"prices": RangeFacet("price")}},
    ],
)
def test_an_option_that_there_is_not(declared: dict[str, Any]) -> None:
    [(kind, message)] = problems(**declared)
    assert kind == "option"
    assert next(iter(declared)) in message


def test_each_has_an_id_and_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop_search.ProductSearchService, "operator", "xor")
    messages = check_services()
    assert {message.id for message in messages} == {"elasticsearch.E032"}
    assert {message.obj for message in messages} == {
        shop_search.ProductSearchService,
        shop_search.FacetedSearchService,
    }
    assert all(message.hint and message.level == checks.ERROR for message in messages)
