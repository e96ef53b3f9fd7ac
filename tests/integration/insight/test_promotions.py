"""Promotions: what comes first and what never comes, in each answer of a site's search."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import RequestFactory
from elasticsearch.dsl.query import Match
from pytest_django import DjangoAssertNumQueries
from rest_framework import generics, serializers
from shop.models import Product
from shop.search import FacetedSearchService, ProductSearchService

from django_es_admin.clock import today
from django_es_admin.indices.definition import get_definition
from django_es_admin.insight.log import note
from django_es_admin.insight.log.report import read_report
from django_es_admin.insight.searches import find_search
from django_es_admin.insight.why.reason import Reason
from django_es_admin.insight.why.sentence import sentence
from django_es_admin.insight.why.why import explain_why
from django_es_admin.models import Promotion
from django_es_admin.rest import SearchFilterBackend, SearchPagination
from django_es_admin.search.site import promotions
from tests.integration.admin.searching import counted_searches, no_elasticsearch
from tests.integration.example.conftest import shop  # noqa: F401 (a fixture)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]

LANTERNS = ["Red Lantern", "Blue Lantern", "Green Lantern", "Desk Lantern <b>& more</b>"]
FIRST, NEVER = Promotion.Effect.FIRST, Promotion.Effect.NEVER


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    promotions.forget_all()
    yield
    promotions.forget_all()


def pk(name: str, **more: Any) -> str:
    return str(Product.objects.get(**{"name": name, "is_active": True, **more}).pk)


def promote(key: str, words: str = "lantern", effect: str = FIRST, **more: Any) -> Promotion:
    row = Promotion(index="products", words=words, key=key, effect=effect, **more)
    row.full_clean()
    row.save()
    return row


def names(results: Any) -> list[str]:
    return [product["name"] for product in results["results"]]


def found(words: str = "lantern", **asked: Any) -> list[str]:
    return names(ProductSearchService().search(words, **asked))


def test_first_in_their_order_and_marked() -> None:
    before = ProductSearchService().search("lantern")
    promote(pk("Shoe polish"), position=2)
    promote(pk("Green Lantern"), position=1)
    after = ProductSearchService().search("lantern")
    assert names(after)[:2] == ["Green Lantern", "Shoe polish"]
    rest = [name for name in names(before) if name != "Green Lantern"]
    assert names(after)[2:] == rest
    # One came that has not the word.
    assert after["total"] == before["total"] + 1 == len(names(after))
    marks = [one.get("promoted", False) for one in after["results"]]
    assert marks == [True, True, *[False] * len(rest)]
    assert after["promoted"] == 2
    assert [one["score"] is None for one in after["results"]][:3] == [True, True, False]
    scores = {one["name"]: one["score"] for one in before["results"]}
    assert all(one["score"] == scores[one["name"]] for one in after["results"][2:])


def test_never() -> None:
    before = FacetedSearchService().search_with_facets("lantern")
    promote(pk("Red Lantern"), effect=NEVER)
    after = FacetedSearchService().search_with_facets("lantern")
    assert "Red Lantern" not in names(after)
    assert after["total"] == before["total"] - 1
    assert "promoted" not in after
    counts = [
        {one["name"]: one["count"] for one in each["facets"]["brands"]} for each in (before, after)
    ]
    assert counts[0]["Lumen"] - counts[1]["Lumen"] == 1
    assert "Red Lantern" in found("red lantern")


@pytest.mark.parametrize("words", ["LANTERN", "  lantern\n", "\uff4cantern", "lantern lantern"])
def test_the_words_are_those_of_the_log(words: str) -> None:
    promote(pk("Shoe polish"), words=" Lantern ")
    assert found(words)[0] == "Shoe polish"


@pytest.mark.parametrize("words", ["lanterns", "red lantern", "läntern", "lantern " + "x" * 300])
def test_other_words_are_other_searches(words: str) -> None:
    promote(pk("Shoe polish"))
    assert "Shoe polish" not in found(words)


def test_the_first_words_of_a_long_search_are_no_search() -> None:
    promote(pk("Shoe polish"), words="a" * 200)
    assert found("a" * 200) == ["Shoe polish"]
    assert found("a" * 201) == []


def test_nothing_holds_for_no_words() -> None:
    everything = found("")
    promote(pk("Shoe polish"))
    assert found("") == everything


def test_what_is_hidden_stays_hidden() -> None:
    hidden = pk("Secret Lantern", is_active=False)
    promote(hidden)
    promote(pk("Shoe polish"), position=2)
    before = ProductSearchService().search("lantern", brand="Acme")
    assert "Shoe polish" not in names(before)
    assert "Secret Lantern" not in found()
    tenant = ProductSearchService().narrowed({"brand": "Acme"})
    assert set(names(tenant.search("lantern"))) == {"Green Lantern", "Desk Lantern <b>& more</b>"}
    assert tenant.search("lantern")["total"] == 2


def test_a_filter_and_a_facet_filter_what_is_promoted() -> None:
    promote(pk("Shoe polish"))
    promote(pk("Desk Lantern <b>& more</b>"), position=2)
    for service, method in (
        (ProductSearchService(), "search"),
        (FacetedSearchService(), "search_with_facets"),
    ):
        answer = getattr(service, method)("lantern", category="Office")
        assert names(answer) == ["Desk Lantern <b>& more</b>"]
        assert (answer["total"], answer["promoted"]) == (1, 1)
        cheap = getattr(service, method)("lantern", max_price=10)
        assert names(cheap) == ["Shoe polish"]
    facets = FacetedSearchService().search_with_facets("lantern", category="Office")["facets"]
    # The other choices of the facet count what is promoted, as they would show it.
    assert {one["name"]: one["count"] for one in facets["categories"]}["Care"] == 1


@pytest.mark.parametrize("order", ["price_asc", "price_desc", "newest"])
def test_a_chosen_order_is_not_disturbed(order: str) -> None:
    before = found(sort_by=order)
    promote(pk("Desk Lantern <b>& more</b>"))
    assert found(sort_by=order) == before
    promote(pk("Shoe polish"), position=2)
    answer = ProductSearchService().search("lantern", sort_by=order)
    assert [name for name in names(answer) if name != "Shoe polish"] == before
    prices = [one["price"] for one in answer["results"]]
    if order != "newest":
        assert prices == sorted(prices, reverse=order == "price_desc")
    # As many as in any order.
    assert answer["total"] == ProductSearchService().search("lantern")["total"]


@pytest.mark.few(3)
@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("order", ["relevance", "price_desc"])
def test_pages_and_cursors_have_each_once(size: int, order: str) -> None:
    for position, name in enumerate(["Shoe polish", "Green Lantern", "Trail shoes"], start=1):
        promote(pk(name), position=position)
    service = ProductSearchService()
    whole = service.search("lantern", sort_by=order)
    assert whole["total"] == len(names(whole)) == len(set(names(whole)))
    paged: list[str] = []
    for page in range(1, whole["total"] // size + 2):
        paged += found(sort_by=order, page=page, page_size=size)
    assert paged == names(whole)
    one = service.search("lantern", sort_by=order, page_size=size)
    followed = names(one)
    while cursor := one["next"]:
        one = service.search("lantern", sort_by=order, page_size=size, after=cursor)
        followed += names(one)
    assert followed == names(whole)


def test_many_objects_in_their_order() -> None:
    keys = list(
        Product.objects.filter(is_active=True).order_by("price").values_list("pk", flat=True)
    )
    for position, key in enumerate(keys):
        promote(str(key), words="nothing has this", position=position)
    found = ProductSearchService().search("nothing has this")
    assert [one["id"] for one in found["results"]] == keys


def test_from_and_to() -> None:
    day = timedelta(days=1)
    polish = pk("Shoe polish")
    row = promote(polish, begins=today() + day)
    assert found()[0] != "Shoe polish"
    for begins, ends, holds in (
        (None, today(), True),
        (today(), None, True),
        (today(), today(), True),
        (today() - 3 * day, today() - day, False),
        (None, today() - day, False),
    ):
        row.begins, row.ends = begins, ends
        row.save()
        assert (found()[0] == "Shoe polish") == holds


def test_of_one_service_alone() -> None:
    promote(pk("Shoe polish"), search="FacetedSearchService")
    assert "Shoe polish" not in found()
    assert names(FacetedSearchService().search("lantern"))[0] == "Shoe polish"
    Promotion.objects.update(index="others", search="")
    promotions.forget_all()
    assert "Shoe polish" not in names(FacetedSearchService().search("lantern"))


def test_what_a_service_ranks_by_itself() -> None:
    class Own(ProductSearchService):
        def get_query(self, words: Any) -> Any:
            return Match(name=words.text)

    promote(pk("Shoe polish"))
    assert names(Own().search("lantern"))[0] == "Shoe polish"
    chained = Own().build_search("lantern").extra(size=1).execute()
    assert chained.hits[0].name == "Shoe polish"


def test_json_and_rest(client: Any) -> None:
    promote(pk("Shoe polish"))
    for path in ("/search/", "/api/search/"):
        body = client.get(path, {"q": "Lantern"}).json()
        assert body["results"][0]["name"] == "Shoe polish"
        assert body["results"][0]["promoted"] is True
        assert not any(one.get("promoted") for one in body["results"][1:])
        assert body["promoted"] == 1


def test_a_list_of_rows_keeps_its_queryset() -> None:
    promote(pk("Shoe polish"))
    promote(pk("Green Lantern"), position=2)

    class Serializer(serializers.ModelSerializer):
        class Meta:
            model = Product
            fields = ("name",)

    class View(generics.ListAPIView):
        authentication_classes = permission_classes = ()
        queryset = Product.objects.exclude(name="Shoe polish")
        serializer_class = Serializer
        filter_backends = (SearchFilterBackend,)
        pagination_class = SearchPagination
        search_service_class = ProductSearchService

    response = View.as_view()(RequestFactory().get("/", {"q": "lantern"}))
    assert names(response.data)[0] == "Green Lantern"
    assert "Shoe polish" not in names(response.data)
    assert response.data["total"] == len(names(response.data))


def test_one_request_and_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    promote(pk("Shoe polish"))
    found()
    with counted_searches() as sent, django_assert_num_queries(0):
        assert found()[0] == "Shoe polish"
    assert len(sent) == 1


def test_rows_of_others_are_read_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    promote(pk("Shoe polish"))
    assert found()[0] == "Shoe polish"
    # Another process says nothing here.
    Promotion.objects.all()._raw_delete("default")
    assert found()[0] == "Shoe polish"
    clock = promotions.time.monotonic
    monkeypatch.setattr(
        promotions.time, "monotonic", lambda: clock() + promotions.STALE_SECONDS + 0.1
    )
    assert found()[0] != "Shoe polish"


def test_a_database_that_refuses(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    promote(pk("Shoe polish"))
    assert found()[0] == "Shoe polish"
    promotions._kept._until = 0.0

    def refuse(execute: Any, sql: str, *args: Any) -> Any:
        if "elasticsearch_promotion" in sql:
            raise DatabaseError("no")
        return execute(sql, *args)

    with connection.execute_wrapper(refuse), caplog.at_level(logging.WARNING):
        # What was read last holds on, and the database is left alone for a while.
        assert found()[0] == found()[0] == "Shoe polish"
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "Promotions cannot be read"
    ]
    # The transaction around the search is not spoiled.
    assert Product.objects.exists()


def test_a_table_that_is_missing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE elasticsearch_promotion RENAME TO elasticsearch_gone")
    try:
        promotions._kept._rows = None
        promotions.forget_all()
        assert set(found()) >= set(LANTERNS)
        assert Product.objects.exists()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elasticsearch_gone RENAME TO elasticsearch_promotion")


def test_while_the_database_searches() -> None:
    class Falling(ProductSearchService):
        fallback = "database"

    promote(pk("Red Lantern"), effect=NEVER)
    for hostile in ("x", "9" * 30, "1.5", "-1"):
        promote(hostile, effect=NEVER)
    promote(pk("Shoe polish"))
    with no_elasticsearch():
        answer = Falling().search("lantern")
    assert "Red Lantern" not in names(answer)
    assert "Green Lantern" in names(answer)
    assert not any(one.get("promoted") for one in answer["results"])


def test_a_hostile_key_is_a_key() -> None:
    promote('*"]}}')
    assert set(found()) >= set(LANTERNS)


def test_read_has_the_promotions_beside_the_query() -> None:
    polish = pk("Shoe polish")
    promote(polish)
    parts = ProductSearchService().read("lantern")
    assert parts.promotions.first == (polish,)
    assert "ids" not in str(parts.query)
    assert "ids" in str(parts.whole_query)


def test_the_log_counts_what_was_shown(settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": True}
    note.forget_all()
    promote(pk("Shoe polish"))
    promote(pk("Red Lantern"), effect=NEVER, words="red lantern")
    found()
    # A filter leaves it out, and what is left out is not shown.
    found(category="Office")
    found("red lantern")
    FacetedSearchService().search_with_facets("lantern")
    note.flush()
    definition = get_definition("products")
    lines = read_report(definition, "frequent").lines
    assert {(one.search, one.words, one.filters): (one.count, one.promoted) for one in lines} == {
        ("FacetedSearchService", "lantern", ""): (1, 1),
        ("ProductSearchService", "lantern", ""): (1, 1),
        ("ProductSearchService", "lantern", '{"category": "Office"}'): (1, 0),
        ("ProductSearchService", "red lantern", ""): (1, 0),
    }


@pytest.mark.parametrize(
    ("name", "effect", "reason"),
    [
        ("Shoe polish", FIRST, Reason.PROMOTED),
        ("Green Lantern", FIRST, Reason.PROMOTED),
        ("Red Lantern", NEVER, Reason.LEFT_OUT),
        ("Shoe polish", NEVER, Reason.LEFT_OUT),
        ("Secret Lantern", FIRST, Reason.FILTERED),
        ("Secret Lantern", NEVER, Reason.FILTERED),
    ],
)
def test_why(name: str, effect: str, reason: Reason) -> None:
    key = pk(name, is_active=name != "Secret Lantern")
    definition = get_definition("products")
    search = find_search(definition, "ProductSearchService")
    promote(key, effect=effect)
    told = explain_why(definition, key, "LANTERN", search)
    assert told.reason is reason
    assert told.rank == (1 if reason is Reason.PROMOTED else None)
    assert told.score is None
    assert "promotion" in sentence(told) or reason is Reason.FILTERED
    other = explain_why(definition, key, "polish", search)
    assert other.reason not in (Reason.PROMOTED, Reason.LEFT_OUT)
