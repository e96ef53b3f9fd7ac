"""The shop's search: the tutorial's own test cases, and what else its services promise."""

import json
import logging
from collections import Counter
from typing import Any

import pytest
from shop.documents import ProductDocument
from shop.models import Product
from shop.search import (
    FacetedSearchService,
    ProductSearchService,
    get_autocomplete_suggestions,
    get_search_suggestions,
)

from django_es_admin import search
from django_es_admin.exceptions import (
    ConnectionUnavailable,
    SearchMisdeclared,
    SearchParameterInvalid,
)
from django_es_admin.search import RangeFacet, SearchService, StatsFacet, TermsFacet
from tests.integration.admin.searching import elasticsearch_at, no_elasticsearch
from tests.servers import BUSY_JSON, answering, hanging

from .storefront import ACTIVE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


def names(results: Any) -> list[str]:
    return [product["name"] for product in results["results"]]


# --- the tutorial's test cases ---


def test_basic_search() -> None:
    results = ProductSearchService().search(query="test product")
    assert results["total"] == 1
    assert results["results"][0]["name"] == "Test Product"


def test_category_filter() -> None:
    assert ProductSearchService().search(category="Electronics")["total"] == 1
    assert ProductSearchService().search(category="Clothing")["total"] == 0


def test_price_range_filter() -> None:
    service = ProductSearchService()
    found = service.search("test product", min_price=50, max_price=100)
    assert found["total"] == 1
    assert service.search("test product", min_price=100, max_price=200)["total"] == 0


def test_fuzzy_search() -> None:
    assert ProductSearchService().search(query="testt product")["total"] == 1


def test_an_elasticsearch_that_says_what_it_is_told() -> None:
    """In the place of the tutorial's mock, which depends on the order of the calls."""
    hit = {"_id": "1", "_score": 1.5, "_source": {"name": "Mock Product", "price": 49.99}}
    answer = {"took": 1, "hits": {"total": {"value": 1, "relation": "eq"}, "hits": [hit]}}
    server = answering(200, json.dumps(answer), "application/json", elasticsearch=True)
    with server as url, elasticsearch_at(url):
        results = ProductSearchService().search(query="mock")
    assert results["total"] == 1
    assert results["results"] == [{"name": "Mock Product", "price": 49.99, "score": 1.5}]


def test_the_shape_of_an_answer() -> None:
    results = FacetedSearchService().search_with_facets(query="test product")
    assert results.pop("next") is None
    facets = results.pop("facets")
    [product] = results.pop("results")
    assert results == {"total": 1, "page": 1, "page_size": 20, "total_pages": 1}
    assert product["price"] == 99.99
    assert product["category"]["name"] == "Electronics"
    assert product["score"] > 0
    assert set(facets) == {"categories", "brands", "price_ranges", "price_stats"}
    assert facets["categories"] == [{"name": "Electronics", "count": 1}]
    assert {"name": "50_to_100", "count": 1} in facets["price_ranges"]
    assert set(facets["price_stats"]) == {"min", "max", "avg"}


# --- words, filters, orders ---


def test_everything_is_found_without_words_and_nothing_that_is_hidden() -> None:
    for query in (None, "", "  "):
        results = ProductSearchService().search(query)
        assert sorted(names(results)) == sorted(product["name"] for product in ACTIVE)
    assert ProductSearchService().search("secret")["total"] == 0


def test_all_words_have_to_match_in_whichever_field() -> None:
    assert names(ProductSearchService().search("northpath shoes")) == ["Trail shoes"]
    assert ProductSearchService().search("northpath polish")["total"] == 0


def test_the_name_counts_most() -> None:
    assert names(ProductSearchService().search("lantern"))[-1] == "Trail shoes"


def test_several_values_of_a_filter_and_filters_together() -> None:
    service = ProductSearchService()
    assert service.search(category=["Shoes", "Care"])["total"] == 4
    assert names(service.search(category=["Shoes", "Care"], brand="Northpath")) == ["Trail shoes"]
    assert service.search(category="", brand=None, min_price="")["total"] == len(ACTIVE)
    assert service.search(brand="O'Hara & Sons")["total"] == 1


@pytest.mark.parametrize(
    ("sort_by", "key"),
    [
        ("price_asc", lambda product: product["price"]),
        ("price_desc", lambda product: -product["price"]),
        ("newest", lambda product: -product["id"]),
    ],
)
def test_orders(sort_by: str, key: Any) -> None:
    found = ProductSearchService().search(sort_by=sort_by)["results"]
    assert len(found) == len(ACTIVE)
    assert found == sorted(found, key=key)


def test_an_order_that_is_none_is_by_relevance() -> None:
    service = ProductSearchService()
    for sort_by in ("random", None, "", "_score", "price"):
        results = service.search("lantern", sort_by=sort_by)
        assert results["results"] == service.search("lantern")["results"]


def test_marks_stand_in_escaped_text() -> None:
    results = ProductSearchService().search("desk lantern")
    marked = results["results"][0]["highlights"]
    assert marked["name"] == [
        "<mark>Desk</mark> <mark>Lantern</mark> &lt;b&gt;&amp; more&lt;&#x2F;b&gt;"
    ]
    assert "&lt;i&gt;" in marked["description"][0]
    assert "highlights" not in ProductSearchService().search()["results"][0]


def test_a_search_can_be_chained() -> None:
    search = ProductSearchService().build_search("lantern", brand="Lumen")
    assert search.count() == 2
    assert [hit.name for hit in search.filter("range", price={"gt": 50})] == ["Blue Lantern"]
    faceted = FacetedSearchService().build_faceted_search("lantern", brand="Lumen")
    assert faceted.execute().aggregations.brands["values"].buckets


def test_a_criterion_that_is_none_is_a_mistake_of_the_project() -> None:
    with pytest.raises(TypeError, match="colour"):
        ProductSearchService().search(colour="red")


class _Small(search.FacetedSearchService):
    document = ProductDocument
    fields = ("name",)
    operator = "or"
    filters = {"tag": "tags.name.raw", "active": "is_active", "number": "category.id"}
    ranges = {"made": "created_at"}
    source_includes = ("name", "category", "tags.name")
    source_excludes = ("category.id", "tags.name.raw")
    facets = {
        "tags": TermsFacet("tags.name.raw"),
        "active": TermsFacet("is_active"),
        "prices": RangeFacet("price", ({"key": "all"},)),
        "stats": StatsFacet("category.id"),
    }


def test_results_have_the_fields_that_are_declared() -> None:
    [product] = _Small().search("running", page_size=1)["results"]
    assert set(product) == {"score", "name", "category", "tags"}
    assert set(product["category"]) == {"name", "slug"}
    assert product["tags"] == [{"name": "gift"}]


def test_one_of_the_words_is_enough_where_that_is_declared() -> None:
    assert _Small().search("product polish")["total"] == 3


def test_nested_fields_filter_and_count() -> None:
    results = _Small().search_with_facets(tag="sale")
    assert sorted(names(results)) == ["Blue Lantern", "Red Lantern"]
    facets = results["facets"]
    # The other tag can still be chosen.
    assert {each["name"]: each["count"] for each in facets["tags"]} == {"sale": 2, "gift": 2}
    assert facets["active"] == [{"name": "true", "count": 2}]
    assert facets["prices"] == [{"name": "all", "count": 2}]
    assert facets["stats"]["min"] == facets["stats"]["max"]


def test_flags_dates_and_numbers_as_texts() -> None:
    service = _Small()
    hidden = service.search(active="false")["total"]
    assert (hidden, service.search(active=[True, False])["total"]) == (2, hidden + len(ACTIVE))
    assert service.search(min_made="2026-01-03", max_made="2026-01-04")["total"] == 2
    with pytest.raises(SearchParameterInvalid, match="min_made"):
        service.search(min_made="2026-02-31")
    with pytest.raises(SearchParameterInvalid, match="active"):
        service.search(active="perhaps")
    with pytest.raises(SearchParameterInvalid, match="number"):
        service.search(number="1.5")


# --- pages ---


@pytest.mark.parametrize("sort_by", list(ProductSearchService.sorts))
def test_pages_have_everything_once(sort_by: str) -> None:
    service = ProductSearchService()
    whole = names(service.search(sort_by=sort_by))
    pages = [service.search(sort_by=sort_by, page=page, page_size=4) for page in (1, 2, 3)]
    assert [page["total_pages"] for page in pages] == [3, 3, 3]
    assert [name for page in pages for name in names(page)] == whole
    assert service.search(page=4, page_size=4)["results"] == []


@pytest.mark.parametrize("sort_by", list(ProductSearchService.sorts))
@pytest.mark.parametrize("query", [None, "lantern"])
def test_cursors_have_everything_once(sort_by: str, query: str | None) -> None:
    service = ProductSearchService()
    whole = service.search(query, sort_by=sort_by)
    found: list[str] = []
    after = ""
    while after is not None:
        page = service.search(query, sort_by=sort_by, page_size=2, after=after)
        assert page["total"] == whole["total"]
        found += names(page)
        after = page["next"]
    assert found == names(whole)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "=" * 9,
        "W10",  # []
        "WyJwcmljZV9hc2MiLDEsMV0",  # another order
        "WyJyZWxldmFuY2UiLDFd",  # one value too few
        "WyJyZWxldmFuY2UiLHt9LDFd",  # an object
        "WyJyZWxldmFuY2UiLE5hTiwxXQ",  # NaN
        "WyJyZWxldmFuY2UiLDEsMWU5OTld",  # infinity
        "WyJyZWxldmFuY2UiLDEsOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTld",  # more than 64 bits
        "WyJyZWxldmFuY2UiLCJ4IiwieSJd",  # words in the place of numbers
        "W" * 5_000,
        "W1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tb" * 100,
        5,
    ],
)
def test_cursors_that_nobody_gave(cursor: Any) -> None:
    with pytest.raises(SearchParameterInvalid):
        ProductSearchService().search(after=cursor)


def test_a_page_is_cut_to_its_longest() -> None:
    assert ProductSearchService().search(page_size=5_000)["page_size"] == 100


def test_pages_end_where_the_window_does() -> None:
    service = ProductSearchService()
    assert service.search(page=1_000, page_size=100)["results"] == []
    with pytest.raises(SearchParameterInvalid, match="page 1000") as caught:
        service.search(page=1_001, page_size=100)
    assert caught.value.parameter == "page"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("page", value) for value in (0, -1, "x", "1.5", "nan", True, 1.5, [1], "9" * 30, 2**70)),
        *(("page_size", value) for value in (0, -20, "ten", "10x", "٣", False, {})),
        *(
            (name, value)
            for name in ("min_price", "max_price")
            for value in ("nan", "inf", "-Infinity", "x", "1_0", float("nan"), True, [1], "1e999")
        ),
        *(("query", value) for value in ("x" * 1_001, "a\0b", "\ud800", ["x"], 5)),
        *(
            ("brand", value)
            for value in ("a\0b", "x" * 1_001, {"a": 1}, ["a"] * 101, [["a"]], True)
        ),
    ],
)
def test_values_that_cannot_be_meant(name: str, value: Any) -> None:
    with pytest.raises(SearchParameterInvalid) as caught:
        ProductSearchService().search(**{name: value})
    assert caught.value.parameter in (name, {"query": "q"}.get(name))


def test_a_range_the_wrong_way_round() -> None:
    with pytest.raises(SearchParameterInvalid, match="above its maximum"):
        ProductSearchService().search(min_price=2, max_price=1)


@pytest.mark.parametrize(
    "query",
    ['"', "\\", "AND", "a AND", "(((", "*:*", "/x/", "name:x", "{{x}}", "💡", "ß", "\x1f\x1e", "-"],
)
def test_words_are_never_syntax(query: str) -> None:
    assert ProductSearchService().search(query)["total"] >= 0
    assert get_autocomplete_suggestions(query * 2) is not None
    assert get_search_suggestions(query) is not None


# --- facets ---


def counts(results: Any, name: str) -> dict[str, int]:
    return {each["name"]: each["count"] for each in results["facets"][name] if each["count"]}


def test_facets_count_what_is_there() -> None:
    results = FacetedSearchService().search_with_facets()
    assert counts(results, "categories") == Counter(each["category"] for each in ACTIVE)
    assert counts(results, "brands") == Counter(each["brand"] for each in ACTIVE)
    assert counts(results, "price_ranges") == {
        "under_50": 3,
        "50_to_100": 3,
        "100_to_200": 2,
        "over_200": 1,
    }
    assert results["facets"]["price_stats"]["min"] == 8
    assert results["facets"]["price_stats"]["max"] == 250


def test_a_choice_does_not_hide_its_siblings() -> None:
    service = FacetedSearchService()
    everything = service.search_with_facets()
    lighting = service.search_with_facets(category="Lighting", min_price=10)
    assert lighting["total"] == 3
    at_least_10 = Counter(each["category"] for each in ACTIVE if float(each["price"]) >= 10)
    assert counts(lighting, "categories") == at_least_10
    assert counts(lighting, "brands") == {"Lumen": 2, "Acme": 1}
    assert counts(lighting, "price_ranges") == {"under_50": 1, "50_to_100": 1, "100_to_200": 1}
    # The ends of the range stay where they can be moved to.
    assert lighting["facets"]["price_stats"]["min"] == 20
    assert everything["facets"]["price_stats"]["min"] == 8


def test_facets_of_nothing() -> None:
    results = FacetedSearchService().search_with_facets("xylophagous")
    assert counts(results, "categories") == {}
    assert results["facets"]["price_stats"] == {"min": None, "max": None, "avg": None}


# --- suggestions ---


def texts(found: Any) -> list[str]:
    return [each["text"] for each in found]


def test_beginnings_become_names() -> None:
    assert texts(get_autocomplete_suggestions("runn")) == ["Running shoes"]
    assert texts(get_autocomplete_suggestions("rnuning")) == ["Running shoes"]
    assert set(get_autocomplete_suggestions("runn")[0]) == {"text", "score"}


def test_suggestions_are_short_of_what_nobody_may_see() -> None:
    assert get_autocomplete_suggestions("secret") == []
    # Two have this name, and the older of them is hidden.
    assert texts(get_autocomplete_suggestions("red")) == ["Red Lantern"]


def test_a_long_name_is_suggested_whole() -> None:
    [name] = texts(get_autocomplete_suggestions("an uncommonly"))
    assert name.endswith("to read")
    assert names(ProductSearchService().search(name)) == [name]
    assert get_autocomplete_suggestions(name + " and more") == get_autocomplete_suggestions(name)


def test_how_many_are_suggested_and_from_when_on() -> None:
    assert get_autocomplete_suggestions("r") == []
    assert len(ProductSearchService().autocomplete("ru", size=1)) == 1
    with pytest.raises(SearchParameterInvalid):
        get_autocomplete_suggestions("ru", size=0)


def test_did_you_mean() -> None:
    [best, *_] = get_search_suggestions("runing shoes")
    assert best["text"] == "running shoes"
    assert best["highlighted"] == "<em>running</em> shoes"
    assert get_search_suggestions("running shoes") == []
    assert get_search_suggestions("") == []
    assert "<script" not in get_search_suggestions("runing <script>shoes")[0]["highlighted"]


def test_what_is_not_declared_cannot_be_asked() -> None:
    with pytest.raises(SearchMisdeclared, match="suggest_field"):
        _Small().autocomplete("xx")
    with pytest.raises(SearchMisdeclared, match="spelling_field"):
        _Small().did_you_mean("xx")


# --- while Elasticsearch does not answer ---


def test_an_empty_result_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with no_elasticsearch():
        results = FacetedSearchService().search_with_facets("lantern")
        assert get_autocomplete_suggestions("lant") == []
        assert get_search_suggestions("lantren") == []
    assert results["error"] == "Search service temporarily unavailable"
    assert (results["results"], results["total"], results["next"]) == ([], 0, None)
    assert results["facets"]["brands"] == []
    assert results["facets"]["price_stats"] == {"min": None, "max": None, "avg": None}
    assert "unreachable" in caplog.text


@pytest.mark.parametrize("server", [hanging, lambda: answering(429, BUSY_JSON, elasticsearch=True)])
def test_slow_and_busy_servers_are_no_answer(server: Any) -> None:
    with server() as url, elasticsearch_at(url, timeout=0.3):
        assert "error" in ProductSearchService().search("lantern")


class _FromDatabase(FacetedSearchService):
    fallback = "database"
    source_excludes = ("description", "tags.id")


def test_the_database_answers_where_that_is_declared() -> None:
    service = _FromDatabase()
    asked: list[dict[str, Any]] = [
        {"sort_by": "price_asc"},
        {"query": "lantern", "brand": ["Lumen", "Acme"], "sort_by": "price_desc"},
        {"query": "northpath SHOES"},
        {"category": "Lighting", "min_price": "60", "max_price": 150, "sort_by": "newest"},
        {"query": "secret"},
        {"sort_by": "newest", "page": 2, "page_size": 3},
    ]
    for arguments in asked:
        by_elasticsearch = service.search_with_facets(**arguments)
        with no_elasticsearch():
            by_database = service.search_with_facets(**arguments)
        assert "unranked" in by_database["warning"]
        assert "error" not in by_database
        for results in (by_elasticsearch, by_database):
            for product in results["results"]:
                product.pop("highlights", None)
                product["score"] = None
        for key in ("results", "total", "total_pages", "page"):
            assert by_database[key] == by_elasticsearch[key], arguments


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({"min_made": "2026-01-03", "max_made": "2026-01-04"}, 2),
        ({"min_made": "2026-01-03T00:00:01Z", "max_made": "2026-01-04"}, 1),
        ({"made": "2026-01-03"}, 1),
        ({"made": ["2026-01-03", "2026-01-04T00:00:00Z"]}, 2),
        ({"active": ["true", "false"], "tag": "sale"}, 2),
    ],
)
def test_the_database_knows_days_flags_and_relations(criteria: Any, found: int) -> None:
    class Dated(_Small):
        filters = {**_Small.filters, "made": "created_at"}
        fallback = "database"

    assert Dated().search(**criteria)["total"] == found
    with no_elasticsearch():
        assert Dated().search(**criteria)["total"] == found


@pytest.mark.parametrize("price", ["1e15", "-1e15", "1e-30", "99.990000001", 10**15])
def test_the_database_takes_any_number(price: Any) -> None:
    whole = _FromDatabase().search(min_price=price)["total"]
    with no_elasticsearch():
        assert _FromDatabase().search(min_price=price)["total"] == whole
        assert _FromDatabase().search(max_price=price, sort_by="price_asc")["total"] >= 0


def test_the_database_cannot_search_what_it_does_not_have() -> None:
    class Elsewhere(ProductSearchService):
        fields = ("popularity",)
        filters = {"colour": "colour"}
        fallback = "database"

    with no_elasticsearch():
        assert "error" in Elsewhere().search("lantern")
        assert "error" in Elsewhere().search(colour="red")
        assert Elsewhere().search(sort_by="relevance")["total"] == len(ACTIVE)
        assert len(Elsewhere().find_keys(limit=3) or ()) == 3
        assert Elsewhere().find_keys(colour="red") is None


def test_the_database_does_not_go_on_from_a_cursor() -> None:
    after = _FromDatabase().search(page_size=2)["next"]
    with no_elasticsearch():
        assert "error" in _FromDatabase().search(page_size=2, after=after)


def test_the_error_itself_where_that_is_declared() -> None:
    class Strict(ProductSearchService):
        fallback = "raise"

    with no_elasticsearch(), pytest.raises(ConnectionUnavailable):
        Strict().search("lantern")


def test_a_refusal_is_an_error_of_the_request(caplog: pytest.LogCaptureFixture) -> None:
    class Wrong(SearchService):
        document = ProductDocument
        sorts = {"relevance": "description"}

    with pytest.raises(SearchParameterInvalid, match="cannot be understood") as caught:
        Wrong().search()
    assert "escription" not in str(caught.value)
    assert "description" in caplog.text


def test_a_failure_of_the_server_is_none_of_the_request() -> None:
    body = '{"error":{"type":"x","reason":"out of memory"},"status":500}'
    server = answering(500, body, "application/json", elasticsearch=True)
    with server as url, elasticsearch_at(url):
        assert "error" in ProductSearchService().search("lantern")


# --- the log ---


def test_a_slow_search_is_logged(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "django_es_admin.search"):
        ProductSearchService().search("lantern")
        assert caplog.records == []
        settings.ES_ADMIN = {**settings.ES_ADMIN, "SLOW_SEARCH": 0.000_001}
        ProductSearchService().search("lantern")
    [record] = caplog.records
    assert "Slow search of" in record.getMessage()
    assert "lantern" in record.getMessage()


def test_words_stay_out_of_the_log_if_that_is_asked_for(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Wrong(SearchService):
        document = ProductDocument
        fields = ("name",)

        def get_query(self, words: Any) -> Any:
            return {"query_string": {"query": f"name:({words.text}"}}

    def ask() -> None:
        ProductSearchService().search("lantern")
        ProductSearchService().did_you_mean("lantren")
        ProductSearchService().autocomplete("lant")
        with pytest.raises(SearchParameterInvalid):
            Wrong().search("lantern")

    settings.ES_ADMIN = {**settings.ES_ADMIN, "SLOW_SEARCH": 0.000_001}
    with caplog.at_level(logging.DEBUG):
        ask()
        assert "lant" in caplog.text
        assert "_search" in caplog.text
        caplog.clear()
        settings.ES_ADMIN = {**settings.ES_ADMIN, "LOG_SEARCH_WORDS": False}
        ask()
    assert caplog.text.count("Slow search of") >= 3
    assert "A search was refused: ServerRefused" in caplog.text
    assert "lant" not in caplog.text
    assert not [one for one in caplog.records if one.name.startswith("elastic_transport")]


def test_no_row_is_read() -> None:
    Product.objects.all().delete()
    assert ProductSearchService().search()["total"] == len(ACTIVE)
