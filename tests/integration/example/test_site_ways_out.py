"""Every way out of an index: none tells of a document that visitors may not find."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import RequestFactory, override_settings
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.generics import ListAPIView
from rest_framework.serializers import ModelSerializer
from shop.documents import ProductDocument
from shop.models import Product

from django_es_admin import rest, views
from django_es_admin.exceptions import SearchParameterInvalid
from django_es_admin.search import FacetedSearchService, RangeFacet, StatsFacet, TermsFacet
from tests.catalogues import indexed
from tests.integration.admin.searching import no_elasticsearch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]

HIDDEN = "zanzibarite"
# Words as they are, misspelt, begun, and beside words that anybody may find.
TERMS = ["zanzibarite", "zanzibarit", "zanzibraite", "zanz", "lantren zanzibarit", "lantern"]

VISIBLE: list[dict[str, Any]] = [
    {"name": f"{word} lantern", "brand": "Lumen", "category": "Lighting", "price": price}
    for word, price in (("Red", "10"), ("Blue", "20"), ("Green", "30"))
]
UNSEEN = {
    "name": "Zanzibarite lantern",
    "description": "Made of zanzibarite.",
    "brand": "Zanzibarite",
    "category": "Zanzibarite",
    "sku": "ZANZIBARITE",
    "tags": ["zanzibarite"],
    "price": "77777.77",
}
OTHERS = {**UNSEEN, "name": "Zanzibarite lamp", "sku": "ZANZIBARITE-2"}


@pytest.fixture(scope="module")
def catalogue(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with (
        django_db_blocker.unblock(),
        indexed([*VISIBLE, {**UNSEEN, "is_active": False}, {**OTHERS, "brand": "Tenant"}]),
    ):
        yield


class Everything(FacetedSearchService):
    """Has all that a service can have."""

    document = ProductDocument
    fields = ("name^3", "description", "brand.text", "tags.name", "category.name")
    operator = "or"
    prefix = True
    filters = {"brand": "brand", "category": "category.name.raw", "tag": "tags.name.raw"}
    ranges = {"price": "price"}
    sorts = {
        "relevance": "_score",
        "price": "-price",
        "brand": "-brand",
        "name": "-name.raw",
    }
    default_filters = {"is_active": True}
    facets = {
        "brands": TermsFacet("brand"),
        "categories": TermsFacet("category.name.raw"),
        "tags": TermsFacet("tags.name.raw"),
        "prices": RangeFacet("price", ({"key": "dear", "from": 500},)),
        "stats": StatsFacet("price"),
    }
    highlight = ("name", "description", "brand.text")
    suggest_field = "name.suggest"
    spelling_field = "name"
    fallback = "database"


class Database(Everything):
    """The same, asked while there is no Elasticsearch."""


def service() -> FacetedSearchService:
    """Return what somebody of the brand "Lumen" is asked to see."""
    return Everything().narrowed({"brand": ["Lumen"]})


class Search(views.SearchView):
    def get_service(self) -> FacetedSearchService:
        return service()


class Autocomplete(views.AutocompleteView):
    def get_service(self) -> FacetedSearchService:
        return service()


class SearchAPI(rest.SearchAPIView):
    authentication_classes = ()

    def get_service(self) -> FacetedSearchService:
        return service()


class AutocompleteAPI(rest.AutocompleteAPIView):
    authentication_classes = ()

    def get_service(self) -> FacetedSearchService:
        return service()


class ProductSerializer(ModelSerializer):
    class Meta:
        model = Product
        fields = ("id", "name", "brand")


class ProductList(ListAPIView):
    authentication_classes = ()
    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    filter_backends = (rest.SearchFilterBackend,)
    pagination_class = rest.SearchPagination
    search_service_class = Everything

    def get_search_service(self) -> FacetedSearchService:
        return service()


def every_page(term: str, sort: str) -> list[Any]:
    """Return all pages of one hit, by their cursors, which are taken apart."""
    told: list[Any] = []
    after = None
    while not told or after:
        page = service().search(term, sort_by=sort, page_size=1, after=after)
        after = page["next"]
        told += [page, base64.urlsafe_b64decode(after + "===").decode("latin-1") if after else ""]
    return told


def by_url(view: Any, **parameters: Any) -> Any:
    request: HttpRequest = RequestFactory().get("/", parameters)
    response = view.as_view()(request)
    if hasattr(response, "render"):
        response.render()
    return json.loads(response.content)


WAYS: dict[str, Callable[[str], Any]] = {
    "hits": lambda term: service().search(term),
    "orders": lambda term: [service().search(term, sort_by=sort) for sort in Everything.sorts],
    "cursors": lambda term: [every_page(term, sort) for sort in Everything.sorts],
    "facets": lambda term: service().search_with_facets(term),
    "other facets": lambda term: service().search_with_facets(term, category="Lighting"),
    "chosen": lambda term: service().search_with_facets(None, brand=["Zanzibarite", "Tenant"]),
    "dear": lambda term: service().search_with_facets(term, min_price=700),
    "keys": lambda term: [
        Product.objects.get(pk=key).name for key in service().find_keys(term) or ()
    ],
    "suggestions": lambda term: service().autocomplete(term),
    "spelling": lambda term: service().did_you_mean(term),
    "chained": lambda term: service().build_search(term).execute().to_dict(),
    "chained facets": lambda term: service().build_faceted_search(term).execute().to_dict(),
    "view": lambda term: by_url(Search, q=term),
    "completions": lambda term: by_url(Autocomplete, q=term),
    "API": lambda term: by_url(SearchAPI, q=term),
    "completions of the API": lambda term: by_url(AutocompleteAPI, q=term),
    "list of the API": lambda term: by_url(ProductList, q=term),
}


@pytest.mark.few(6)
@pytest.mark.parametrize("way", WAYS)
def test_no_way_out_tells_of_it(way: str) -> None:
    for term in TERMS:
        told = json.dumps(WAYS[way](term), default=str).casefold()
        assert HIDDEN not in told, (term, told)
        assert "77777" not in told, (term, told)
        assert '"total": 4' not in told
        assert '"total": 5' not in told


@pytest.mark.parametrize("way", ["hits", "orders", "facets", "chosen", "dear", "keys", "view"])
def test_the_database_does_not_either(way: str) -> None:
    with no_elasticsearch(), override_settings(ES_ADMIN={"SEARCH_FALLBACK": "database"}):
        test_no_way_out_tells_of_it(way)


def test_the_word_would_be_told_to_who_may_see_it() -> None:
    """Otherwise the test above would prove nothing."""

    class Unrestricted(Everything):
        default_filters: ClassVar[dict[str, Any]] = {}

    everyone = Unrestricted()
    assert everyone.search("zanzibarite")["total"] == 2
    assert everyone.did_you_mean("zanzibarit")[0]["text"] == "zanzibarite"
    assert {each["text"] for each in everyone.autocomplete("zanz")} == {
        "Zanzibarite lantern",
        "Zanzibarite lamp",
    }
    brands = everyone.search_with_facets("lantern")["facets"]["brands"]
    assert {"name": "Zanzibarite", "count": 1} in brands
    # One tenant sees its own.
    own = Everything().narrowed({"brand": "Tenant"})
    assert own.did_you_mean("zanzibarit")[0]["text"] == "zanzibarite"
    assert own.did_you_mean("lantren") == []
    assert [each["text"] for each in own.autocomplete("zanz")] == ["Zanzibarite lamp"]


def test_corrections_that_may_be_told_are_told() -> None:
    assert service().did_you_mean("lantren")[0] == {
        "text": "lantern",
        "highlighted": "<em>lantern</em>",
        "score": pytest.approx(0, abs=1),
    }
    assert service().did_you_mean("gren lantren", size=1)[0]["text"] == "green lantern"


def test_to_narrow_never_widens() -> None:
    narrowed = service()
    assert narrowed.search()["total"] == 3
    assert narrowed.narrowed({"is_active": False}).search()["total"] == 0
    assert narrowed.narrowed({"brand": "Tenant"}).search()["total"] == 0
    assert narrowed.narrowed({"price": 10}).search()["total"] == 1
    # The class is as it was.
    assert Everything().search()["total"] == 4
    with no_elasticsearch():
        assert narrowed.search()["total"] == 3


class Named(FacetedSearchService):
    """Names few fields, and no result's."""

    document = ProductDocument
    fields = ("name^2", "brand.text")
    ranges = {"price": "price"}
    default_filters = {"is_active": True}
    fallback = "database"


def test_the_public_gets_the_fields_that_are_named() -> None:
    class View(views.SearchView):
        service_class = Named

    class API(rest.SearchAPIView):
        authentication_classes = ()
        service_class = Named

    class Nothing(Named):
        fields = ("-score",)
        ranges: ClassVar[dict[str, str]] = {}

    class Bare(views.SearchView):
        service_class = Nothing

    for view in (View, API):
        for result in by_url(view)["results"]:
            assert set(result) == {"score", "id", "name", "brand", "price"}
        with no_elasticsearch():
            for result in by_url(view)["results"]:
                assert set(result) == {"score", "id", "name", "brand", "price"}
    for result in by_url(Bare)["results"]:
        assert set(result) == {"score", "id"}
    # The project's own code has them all.
    assert "sku" in Named().search()["results"][0]


def test_what_is_left_out_is_marked_nowhere() -> None:
    class Left(Everything):
        source_excludes = ("description", "brand*")

    for result in Left().search("zanzibarite lantern")["results"]:
        assert set(result["highlights"]) == {"name"}


def crafted(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        crafted(["price", 500, 1]),
        crafted(["brand", "Z", 1]),
        crafted(["price", {"a": 1}, [1]]),
        crafted(["price", 10**400, 1]),
        "A" * 40,
        "A" * 3_999,
        "é",
        "=",
        "AA==",
        "-_-_",
        "\0",
    ],
)
def test_no_face_goes_on_from_a_cursor_that_somebody_made(cursor: str) -> None:
    with pytest.raises(SearchParameterInvalid):
        service().search(sort_by="price", after=cursor)
    for view in (Search, SearchAPI):
        request = RequestFactory().get("/", {"after": cursor, "sort": "price"})
        assert view.as_view()(request).status_code == 400


def test_a_cursor_outlives_a_change_of_the_key_if_the_old_one_is_kept() -> None:
    first = service().search(sort_by="brand", page_size=1)
    cursor = first["next"]
    assert cursor
    flipped = cursor[:-3] + ("A" if cursor[-3] != "A" else "B") + cursor[-2:]
    with pytest.raises(SearchParameterInvalid):
        service().search(sort_by="brand", page_size=1, after=flipped)
    with override_settings(SECRET_KEY="another"), pytest.raises(SearchParameterInvalid):
        service().search(sort_by="brand", page_size=1, after=cursor)
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        second = service().search(sort_by="brand", page_size=1, after=cursor)
    assert second["results"] != first["results"]
