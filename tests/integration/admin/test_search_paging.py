"""Pages that Elasticsearch filters, ranks and counts: the same as those of the database."""

import re
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin import site
from django.contrib.admin.utils import unquote
from django.core.management import call_command
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from django.utils.timezone import now
from shop.admin import ProductAdmin
from shop.documents import ProductDocument
from shop.models import Product

from django_es_admin.admin.mixins import highlight, search
from django_es_admin.admin.mixins.asking import paging
from django_es_admin.admin.mixins.asking.paging import shows_all
from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.generations.table import generations_of
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.search import fresh
from django_es_admin.search.page import PageHits
from django_es_admin.search.querysets.columns import columns_of
from tests.attempts import noted_attempts
from tests.live import make_live
from tests.scenes import SceneOf
from tests.servers import Answer, standing_between

from .searching import (
    UNRANKED,
    counted_searches,
    elasticsearch_at,
    no_elasticsearch,
    summary_of,
    text_of,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("es", "shop"),
]
URLS = "tests.testapp.site"

REFUSED_JSON = '{"error": {"type": "illegal_argument_exception", "reason": "No."}, "status": 400}'


@pytest.fixture
def shop(scene_of: SceneOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """90 products, 60 of them zeppelins, some of them made in other years."""
    scene_of("shop", make_shop)
    monkeypatch.setattr(ProductAdmin, "list_per_page", 25)


def make_shop() -> None:
    call_command("load_catalogue", "--count=90", verbosity=0)
    keys = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    Product.objects.update(is_active=True)
    Product.objects.filter(pk__in=keys[:60]).update(name="Zeppelin")
    Product.objects.filter(pk__in=keys[10:20]).update(is_active=False)
    Product.objects.filter(pk__in=keys[:5]).update(created_at="2024-02-29T23:30:00Z")
    Product.objects.filter(pk__in=keys[5:12]).update(created_at="2025-12-31T23:30:00Z")
    make_live(get_definition("products"))


def open_products(client: Client, **query: Any) -> Any:
    response = client.get(reverse("admin:shop_product_changelist"), {"q": "zeppelin", **query})
    assert response.status_code == 200
    return response


def is_paged(response: Any) -> bool:
    """Whether Elasticsearch was asked for the page alone."""
    return isinstance(response.context["cl"].answer.hits, PageHits)


def seen(response: Any) -> tuple[Any, ...]:
    """Return what a page shows."""
    changelist = response.context["cl"]
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text_of(response))
    rows = [row.pk for row in changelist.result_list]
    return rows, changelist.result_count, changelist.full_result_count, page


CASES: list[dict[str, Any]] = [
    {},
    {"p": 2},
    {"p": 3},
    {"q": "zeppelin OR boots"},
    {"q": "nothing-like-it"},
    {"is_active__exact": 1},
    {"is_active__exact": 0},
    {"is_active__exact": 1, "p": 2},
    {"category__id__exact": 1},
    {"category__id__exact": 1, "is_active__exact": 0},
    {"category__id__in": "1,2,3"},
    {"created_at__year": 2024},
    {"created_at__year": 2025, "created_at__month": 12},
    {"created_at__year": 2025, "created_at__month": 12, "created_at__day": 31},
    {"brand__exact": "Acme"},
    {"_popup": 1},
    # Columns that Elasticsearch sorts as the database does: price, is_active.
    {"o": "4"},
    {"o": "-4", "p": 2},
    {"o": "6"},
    {"o": "-6.4", "p": 3},
    {"_facets": "True"},
    {"_facets": "True", "p": 2},
    {"_facets": "True", "is_active__exact": 0},
    {"_facets": "True", "is_active__exact": 1, "category__id__exact": 1, "o": "4"},
    {"_facets": "True", "created_at__year": 2025},
]
DATED = {"p", "_facets", "created_at__year", "created_at__month", "created_at__day"}


OPTIONS = (None, True)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing wait in the outbox, and no marks be missing, however busy the machine is."""
    OutboxEntry.objects.all().delete()
    monkeypatch.setattr(highlight, "MARKING", 30.0)


@pytest.fixture(params=OPTIONS, ids=["automatic", "unrestricted"])
def option(
    request: pytest.FixtureRequest, settled: None, monkeypatch: pytest.MonkeyPatch
) -> bool | None:
    """The option of the admin."""
    monkeypatch.setattr(ProductAdmin, "search_unrestricted", request.param)
    value: bool | None = request.param
    return value


@pytest.mark.few(1)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "America/New_York"])
@pytest.mark.usefixtures("settled")
def test_pages_are_those_of_the_database(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    # What a zone changes are days.
    cases = [case for case in CASES if zone == "UTC" or case.keys() <= DATED]
    with override_settings(TIME_ZONE=zone):
        for case in cases:
            monkeypatch.setattr(ProductAdmin, "search_unrestricted", False)
            exact = open_products(admin_client, **case)
            assert not is_paged(exact)
            for option in OPTIONS:
                monkeypatch.setattr(ProductAdmin, "search_unrestricted", option)
                with CaptureQueriesContext(connection) as queries:
                    fast = open_products(admin_client, **case)
                assert is_paged(fast)
                # Nothing that grows with the hits was asked of the database.
                assert not [sql for sql in queries if "json_each" in sql["sql"]]
                assert not [sql for sql in queries if "ANY(" in sql["sql"]]
                assert not [sql for sql in queries if "COUNT(" in sql["sql"]]
                assert seen(fast) == seen(exact), case


def test_facets_come_with_the_page(admin_client: Client) -> None:
    with counted_searches() as searches:
        response = open_products(admin_client, _facets="True", is_active__exact=1, o="4")
    assert is_paged(response)
    assert len([body for body in searches if '"highlight"' not in body]) == 1
    assert "Yes (50)" in text_of(response)
    assert "No (10)" in text_of(response)


def test_what_the_index_holds_less_of_is_sorted_by_the_database(admin_client: Client) -> None:
    keys = list(Product.objects.filter(name="Zeppelin").order_by("pk").values_list("pk", flat=True))
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for place, key in enumerate(keys):
        # 60 in two milliseconds, in another order than that of the keys.
        later = timedelta(microseconds=(place * 37 % 60) * 30)
        Product.objects.filter(pk=key).update(
            created_at=moment + later, price=Decimal("1000000.00") + Decimal(place * 37 % 60) / 100
        )
    make_live(get_definition("products"))
    for order in ("7", "-7", "4", "-4"):
        for page in (1, 2, 3):
            response = open_products(admin_client, o=order, p=page)
            expected = Product.objects.filter(name="Zeppelin").order_by(
                {"7": "created_at", "4": "price"}[order[-1]]
            )
            rows = list(expected)[:: -1 if order.startswith("-") else 1]
            assert list(response.context["cl"].result_list) == rows[(page - 1) * 25 : page * 25]
            assert not (is_paged(response) and order[-1] == "4")


def test_one_search_and_one_for_the_marks(admin_client: Client) -> None:
    with counted_searches() as searches:
        response = open_products(admin_client, p=2, is_active__exact=1)
    assert ['"highlight"' in body for body in searches] == [False, True]
    assert '"from":25' in searches[0].replace(" ", "")
    assert len(response.context["cl"].result_list) == 25


@pytest.mark.few(4)
@pytest.mark.parametrize(
    "query",
    [
        {"o": "1"},
        {"o": "2.4"},
        {"o": "3"},
        {"all": ""},
        {"_facets": "True", "tags__id__exact": 1},
        {"tags__id__exact": 1},
        {"price__gt": 5},
    ],
)
def test_what_only_the_database_knows_is_left_to_it(
    admin_client: Client, query: dict[str, Any]
) -> None:
    assert not is_paged(open_products(admin_client, **query))


_KEYS = re.compile(r"json_each\('\[([\d,]*)\]'\)|ANY\('\{([\d,]*)\}'")


@pytest.mark.few(4)
@pytest.mark.parametrize("limit", [5, 40, 60])
@pytest.mark.parametrize("query", [{"tags__isnull": "False"}, {"price__gt": 5}, {"o": "1"}])
def test_where_nothing_translates_a_query_has_the_keys_of_what_can_be_shown(
    admin_client: Client, settled: None, query: dict[str, Any], limit: int
) -> None:
    """As one parameter, in as many queries as there are however many hits there are."""
    with (
        override_settings(ES_ADMIN={"SEARCH_MAX_RESULTS": limit, "SEARCH_TIMEOUT": 10}),
        CaptureQueriesContext(connection) as queries,
    ):
        response = open_products(admin_client, **query)
    assert not is_paged(response)
    assert 0 < response.context["cl"].result_count <= limit
    every = [found for sql in queries for found in _KEYS.findall(sql["sql"])]
    assert every
    assert all(len("".join(keys).split(",")) <= limit for keys in every)
    # Beside them a query has those of a page, one by one.
    assert all(sql["sql"].count(",") < 200 + 25 * 4 + limit for sql in queries)
    # Stock asks for session, user, content type, filters, both counts, days and rows.
    assert len(queries) <= 18


@pytest.mark.few(2)
@pytest.mark.parametrize("order", ["1", "-1", "2.4", "3"])
def test_the_database_sorts_texts_and_is_asked_for_nothing_else(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    OutboxEntry.objects.all().delete()
    for case in ({}, {"p": 2}, {"is_active__exact": 1}, {"_facets": "True"}):
        monkeypatch.setattr(ProductAdmin, "search_unrestricted", False)
        exact = open_products(admin_client, o=order, **case)
        monkeypatch.setattr(ProductAdmin, "search_unrestricted", None)
        with counted_searches() as searches, CaptureQueriesContext(connection) as queries:
            found = open_products(admin_client, o=order, **case)
        assert len([body for body in searches if '"highlight"' not in body]) == 1
        for word in ("COUNT(", "MIN(", "DISTINCT"):
            assert not [sql["sql"] for sql in queries if word in sql["sql"]], (case, word)
        assert seen(found)[:3] == seen(exact)[:3], case
    # A row that is there no more is noticed on its page.
    first = found.context["cl"].result_list[0]
    first.tags.clear()
    drain_due("default")
    Product.objects.filter(pk=first.pk)._raw_delete("default")
    last = open_products(admin_client, o=order, p=3)
    assert last.context["cl"].result_count == 59
    assert "1 hit is no longer in the database." in summary_of(last)


def test_a_restricted_queryset_is_never_counted_by_elasticsearch(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ProductAdmin.get_queryset

    def own(self: Any, request: HttpRequest) -> Any:
        return rows(self, request).filter(is_active=False)

    monkeypatch.setattr(ProductAdmin, "get_queryset", own)
    response = open_products(admin_client)
    assert not is_paged(response)
    assert response.context["cl"].result_count == 10


def restrict(monkeypatch: pytest.MonkeyPatch, **conditions: Any) -> None:
    """Let the admin show some rows only."""
    rows = ProductAdmin.get_queryset
    monkeypatch.setattr(
        ProductAdmin, "get_queryset", lambda self, request: rows(self, request).filter(**conditions)
    )


RESTRICTIONS: list[dict[str, Any]] = [
    {"is_active": False},
    {"is_active": True},
    {"category_id__gte": 0},
    {"created_at__lt": "2026-01-01T00:00Z"},
    {"brand__in": ["Acme", "Northpath"]},
]


@pytest.mark.parametrize(
    "share", [3, pytest.param(1, marks=pytest.mark.slow)], ids=["third", "all"]
)
@pytest.mark.parametrize("restriction", RESTRICTIONS, ids="-".join)
@pytest.mark.usefixtures("settled")
def test_a_translated_restriction_is_that_of_the_database(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, restriction: dict[str, Any], share: int
) -> None:
    restrict(monkeypatch, **restriction)
    expected = Product.objects.filter(name="Zeppelin", **restriction).count()
    turn = RESTRICTIONS.index(restriction)
    for number, case in enumerate(CASES, start=turn):
        if number // 2 % share:
            # It is met in another restriction, or in all of them.
            continue
        if 25 < expected <= 25 * (case.get("p", 1) - 1):
            # Both lead back to the first page.
            continue
        monkeypatch.setattr(ProductAdmin, "search_unrestricted", False)
        exact = seen(open_products(admin_client, **case))
        # Cases meet both options and both ways to check, in one restriction or another.
        ways = [(0, OPTIONS[number % 2])]
        if number % 3 == 0:
            ways.append((1_000, OPTIONS[number // 3 % 2]))
        for few, option in ways:
            monkeypatch.setattr(search, "MAX_CHECKED", few)
            monkeypatch.setattr(ProductAdmin, "search_unrestricted", option)
            found = open_products(admin_client, **case)
            # A page behind the last one is the database's to answer.
            if "p" not in case:
                assert is_paged(found) == (few == 0 and case.get("q") != "nothing-like-it"), case
            assert seen(found) == exact, (few, case)
    assert open_products(admin_client).context["cl"].result_count == expected


def test_what_moved_to_another_tenant_is_not_counted(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, option: bool | None
) -> None:
    """Behind the first page, where no missing row would tell."""
    restrict(monkeypatch, is_active=True)
    last = open_products(admin_client, p=2).context["cl"].result_list[24]
    # Past the signals: few hits are checked, row by row.
    Product.objects.filter(pk=last.pk).update(is_active=False)
    response = open_products(admin_client)
    assert response.context["cl"].result_count == 49
    assert response.context["cl"].full_result_count == 79
    monkeypatch.setattr(search, "MAX_CHECKED", 10)
    # A change that is noted, and not written yet.
    last.is_active = False
    last.save()
    assert OutboxEntry.objects.exists()
    response = open_products(admin_client)
    assert not is_paged(response)
    assert response.context["cl"].result_count == 49
    # One that is written, and not to be seen yet.
    index = get_definition("products").alias
    settings_of = get_definition("products").connection.client.indices.put_settings
    settings_of(index=index, settings={"refresh_interval": "-1"})
    drain_due("default")
    assert not OutboxEntry.objects.filter(delete_sent=False).exists()
    response = open_products(admin_client)
    assert is_paged(response)
    assert response.context["cl"].result_count == 49


@pytest.mark.parametrize("few", [1_000, 49])
def test_an_index_that_was_not_written_of_late_is_asked_for_what_may_be_seen(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, settled: None, few: int
) -> None:
    restrict(monkeypatch, is_active=True)
    monkeypatch.setattr(fresh, "wrote_within", lambda database, seconds: False)
    monkeypatch.setattr(search, "MAX_CHECKED", few)
    cases = [case for case in CASES if case.get("p", 1) < 3]
    for case in cases[::4]:
        monkeypatch.setattr(ProductAdmin, "search_unrestricted", False)
        exact = seen(open_products(admin_client, **case))
        monkeypatch.setattr(ProductAdmin, "search_unrestricted", None)
        with counted_searches() as searches:
            found = seen(open_products(admin_client, **case))
        assert found == exact, case
        if not case:
            assert len([body for body in searches if '"highlight"' not in body]) == 1
    # What has left past the signals is not told where few are checked.
    last = open_products(admin_client, p=2).context["cl"].result_list[24]
    Product.objects.filter(pk=last.pk).update(is_active=False)
    OutboxEntry.objects.all().delete()
    assert open_products(admin_client).context["cl"].result_count == (49 if few > 49 else 50)
    # As soon as a change is noted, the database counts.
    last.is_active = False
    last.save()
    assert OutboxEntry.objects.exists()
    assert open_products(admin_client).context["cl"].result_count == 49


BEHIND: list[dict[str, Any]] = [
    {},
    {"p": 2},
    {"o": "4"},
    {"o": "-4", "p": 2},
    {"o": "1"},
    {"_facets": "True"},
    {"_facets": "True", "o": "1"},
    {"_facets": "True", "brand__exact": "Acme"},
    {"_facets": "True", "created_at__year": 2025},
    {"created_at__year": 2025},
]


@pytest.mark.few(2)
@pytest.mark.parametrize("change", ["moves", "goes", "comes"])
@pytest.mark.usefixtures("settled")
def test_no_number_tells_of_a_row_that_left_past_the_signals(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """The index is taken to be up to date, and is not; the row is on another page."""
    restrict(monkeypatch, is_active=True)
    monkeypatch.setattr(fresh, "wrote_within", lambda database, seconds: False)
    every = Product.objects.filter(name="Zeppelin", is_active=True).order_by("pk")
    # One of 2025, seven of which were made then, and one of this year.
    for row in (every[5], every[40]):
        if change == "goes":
            Product.tags.through.objects.filter(product=row).delete()
            Product.objects.filter(pk=row.pk)._raw_delete("default")
        else:
            Product.objects.filter(pk=row.pk).update(is_active=False)
    OutboxEntry.objects.all().delete()
    if change == "comes":
        # What the index has as another tenant's takes the place of the one that left.
        for other in Product.objects.filter(name="Zeppelin", is_active=False).order_by("pk")[:2]:
            Product.objects.filter(pk=other.pk).update(is_active=True)
        OutboxEntry.objects.all().delete()
    for case in BEHIND:
        monkeypatch.setattr(ProductAdmin, "search_unrestricted", None)
        found = open_products(admin_client, **case)
        keys = {row.pk for row in found.context["cl"].result_list}
        shown = Product.objects.filter(name="Zeppelin", is_active=True)
        assert keys <= set(shown.values_list("pk", flat=True)), case
        assert found.context["cl"].result_count <= shown.count()
        if change != "comes":
            monkeypatch.setattr(ProductAdmin, "search_unrestricted", False)
            exact = open_products(admin_client, **case)
            assert [seen(found)[:3], facets_of(found)] == [seen(exact)[:3], facets_of(exact)], case


def facets_of(response: Any) -> list[str]:
    return re.findall(r">\s*[^<>]+ \((\d+)\)", text_of(response))


@pytest.mark.usefixtures("settled")
def test_many_rows_that_may_be_seen_are_counted_by_an_index_that_is_up_to_date(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    restrict(monkeypatch, is_active=True)

    def full_count() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            response = open_products(admin_client)
        asked = [sql["sql"] for sql in queries if "COUNT(" in sql["sql"]]
        return response.context["cl"].full_result_count, len(asked)

    monkeypatch.setattr(fresh, "wrote_within", lambda database, seconds: False)
    monkeypatch.setattr(search, "MAX_CHECKED", 10)
    # Few are counted by the database.
    assert full_count() == (80, 1)
    monkeypatch.setattr("django_es_admin.search.page.MANY", 79)
    assert full_count() == (80, 0)
    monkeypatch.setattr("django_es_admin.search.page.MANY", 80)
    assert full_count() == (80, 1)
    monkeypatch.setattr("django_es_admin.search.page.MANY", 0)
    # What only the database knows: a document that leaves out rows, changes on their way.
    with monkeypatch.context() as patch:
        patch.setattr(paging, "has_every_row", lambda document: False)
        assert full_count() == (80, 1)
    hidden = Product.objects.exclude(name="Zeppelin").filter(is_active=True)[0]
    hidden.is_active = False
    hidden.save()
    assert OutboxEntry.objects.exists()
    assert full_count()[0] == 79


@pytest.mark.parametrize("answer", ["{}", '{"count": 90, "_shards": {"failed": 1}}', "refused"])
def test_without_a_count_of_the_index_the_database_counts_all_rows(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, settled: None, answer: str
) -> None:
    def half(method: str, path: str, body: bytes) -> Answer | None:
        if "_count" not in path:
            return None
        if answer == "refused":
            return Answer(400, REFUSED_JSON, "application/json", elasticsearch=True)
        return Answer(200, answer, "application/json", elasticsearch=True)

    with (
        standing_between(settings.ES_URL, half) as url,
        elasticsearch_at(url),
        CaptureQueriesContext(connection) as queries,
    ):
        response = open_products(admin_client)
    assert is_paged(response)
    assert UNRANKED not in text_of(response)
    assert response.context["cl"].full_result_count == 90
    assert [sql["sql"] for sql in queries if "COUNT(" in sql["sql"]]


@pytest.mark.usefixtures("settled")
def test_equals_of_a_tenant_are_paged_as_the_database_does(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is on one page, and on the database's, whether all hits are looked at or none."""
    Product.objects.update(price=Decimal("9.99"), created_at=datetime(2026, 1, 1, tzinfo=UTC))
    make_live(get_definition("products"))
    OutboxEntry.objects.all().delete()
    restrict(monkeypatch, is_active=True)
    monkeypatch.setattr(fresh, "wrote_within", lambda database, seconds: False)
    for order in ("4", "-4", "7", "-7.4", "6", ""):
        asked = [{"o": order, "p": page} if order else {"p": page} for page in (1, 2)]
        monkeypatch.setattr(ProductAdmin, "search_unrestricted", False)
        exact = [seen(open_products(admin_client, **query)) for query in asked]
        monkeypatch.setattr(ProductAdmin, "search_unrestricted", None)
        for few in (0, 49, 50, 1_000):
            monkeypatch.setattr(search, "MAX_CHECKED", few)
            assert [seen(open_products(admin_client, **query)) for query in asked] == exact, order


def test_a_site_that_may_not_refresh_leaves_the_count_to_the_database(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, option: bool | None
) -> None:
    restrict(monkeypatch, is_active=True)
    monkeypatch.setattr(search, "MAX_CHECKED", 10)

    def refuse(method: str, path: str, body: bytes) -> Answer | None:
        if "_refresh" not in path:
            return None
        return Answer(403, REFUSED_JSON, "application/json", elasticsearch=True)

    with standing_between(settings.ES_URL, refuse) as url, elasticsearch_at(url):
        response = open_products(admin_client)
    assert UNRANKED not in text_of(response)
    assert not is_paged(response)
    assert response.context["cl"].result_count == 50


def test_while_a_change_waits_the_database_counts_unless_told_otherwise(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, option: bool | None
) -> None:
    OutboxEntry.objects.create(connection="default", index="products", key="1", parked_at=now())
    assert is_paged(open_products(admin_client)) == bool(option)


def test_an_index_that_was_built_for_other_fields_is_not_asked_to_filter(
    admin_client: Client,
) -> None:
    generations_of(get_definition("products")).update(digest="0" * 16)
    assert not is_paged(open_products(admin_client))


def test_rows_that_the_database_has_no_more_are_noticed(admin_client: Client) -> None:
    first = open_products(admin_client).context["cl"].result_list[0]
    first.tags.clear()
    drain_due("default")
    # Past the signals, so that the index does not know.
    Product.objects.filter(pk=first.pk)._raw_delete("default")
    response = open_products(admin_client)
    assert not is_paged(response)
    assert summary_of(response).startswith("59 hits for zeppelin, best first")
    assert response.context["cl"].full_result_count == 89
    assert "1 hit is no longer in the database." in summary_of(response)


def test_all_rows_are_counted_by_the_database_while_a_change_waits(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ProductAdmin, "search_unrestricted", True)
    hidden = Product.objects.exclude(name="Zeppelin").order_by("pk")
    Product.tags.through.objects.filter(product__in=hidden[:1].values("pk")).delete()
    # Past the signals; the row of the outbox is what tells.
    hidden.filter(pk=hidden.values("pk")[:1])._raw_delete("default")
    drain_due("default")
    OutboxEntry.objects.create(connection="default", index="products", key="1", parked_at=now())
    response = open_products(admin_client)
    assert is_paged(response)
    assert response.context["cl"].full_result_count == 89
    assert response.context["cl"].result_count == 60


def test_a_queryset_that_shows_some_rows_of_equals_is_never_counted_by_elasticsearch() -> None:
    assert shows_all(Product.objects.all())
    assert not shows_all(Product.objects.distinct("brand"))


def test_no_row_is_shown_that_a_filter_leaves_out_by_now(admin_client: Client) -> None:
    first = open_products(admin_client, is_active__exact=1).context["cl"].result_list[0]
    # Past the signals, so that the index does not know.
    Product.objects.filter(pk=first.pk).update(is_active=False)
    response = open_products(admin_client, is_active__exact=1)
    assert not is_paged(response)
    assert first not in response.context["cl"].result_list
    assert response.context["cl"].result_count == 49


def test_a_document_that_leaves_out_rows_does_not_count_them_all(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def some(self: Any) -> QuerySet[Product]:
        return Product.objects.filter(is_active=True)

    monkeypatch.setattr(ProductDocument, "get_queryset", some)
    make_live(get_definition("products"))
    response = open_products(admin_client)
    assert is_paged(response)
    assert response.context["cl"].result_count == 50
    assert response.context["cl"].full_result_count == 90


def test_more_hits_than_the_limit(admin_client: Client) -> None:
    with override_settings(ES_ADMIN={"SEARCH_MAX_RESULTS": 40, "SEARCH_TIMEOUT": 10}):
        response = open_products(admin_client, p=2)
        beyond = admin_client.get(
            reverse("admin:shop_product_changelist"), {"q": "zeppelin", "p": 3}
        )
    assert "40 hits for zeppelin" in summary_of(response)
    assert "the best 40 of 60 hits" in summary_of(response)
    assert len(response.context["cl"].result_list) == 15
    assert beyond["Location"].endswith("?e=1")


def test_a_paginator_with_orphans(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Careful(Paginator):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.orphans = 12

    monkeypatch.setattr(ProductAdmin, "paginator", Careful)
    pages = [open_products(admin_client, p=page) for page in (1, 2)]
    assert all(map(is_paged, pages))
    shown = [[row.pk for row in page.context["cl"].result_list] for page in pages]
    assert [len(keys) for keys in shown] == [25, 35]
    assert len({*shown[0], *shown[1]}) == 60


def test_an_action_on_all_hits_is_on_the_rows_of_the_database(admin_client: Client) -> None:
    page = open_products(admin_client, is_active__exact=0)
    keys = [str(row.pk) for row in page.context["cl"].result_list]
    data = {"action": "delete_selected", "post": "yes", "select_across": "1", "index": "0"}
    address = reverse("admin:shop_product_changelist") + "?q=zeppelin&is_active__exact=0"
    admin_client.post(address, {**data, "_selected_action": keys[:1]})
    assert Product.objects.count() == 80
    assert not Product.objects.filter(pk__in=map(unquote, keys)).exists()


def test_autocomplete_takes_the_best_hits_and_shows_what_it_would_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def found(rows: QuerySet[Product], page: int) -> list[Any]:
        request = RequestFactory().get("/", {"page": page})
        request.resolver_match = resolve(reverse("admin:autocomplete"))
        rows, _ = ProductAdmin(Product, site).get_search_results(request, rows, "zepp")
        return list(rows.values_list("pk", flat=True))

    for rows in (
        Product.objects.all(),
        # Elasticsearch leaves out the others.
        Product.objects.filter(is_active=True),
        # The best may all be rows that the database leaves out.
        Product.objects.filter(tags=None),
        Product.objects.none(),
    ):
        for page in (1, 2, 3):
            shown = slice(20 * (page - 1), 20 * page + 1)
            monkeypatch.setattr(search, "MAX_COMPLETIONS", 1_000)
            every = found(rows, page)
            for limit in (7, 21, 30, 45):
                monkeypatch.setattr(search, "MAX_COMPLETIONS", limit)
                some = found(rows, page)
                assert some[shown] == every[shown], (limit, page)
                if rows.query.where.children == [] and limit > 20 * page:
                    assert len(some) == limit


def test_dates_that_the_document_does_not_hold_are_left_to_the_database(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_date(document: Any) -> dict[str, Any]:
        return {k: column for k, column in columns_of(document).items() if k != "created_at"}

    monkeypatch.setattr(paging, "columns_of", without_date)
    with counted_searches() as searches:
        response = open_products(admin_client)
    assert not is_paged(response)
    assert "created_at__year=2024" in text_of(response)
    assert ['"highlight"' in body for body in searches] == [False, True]
    monkeypatch.setattr(ProductAdmin, "date_hierarchy", None)
    assert is_paged(open_products(admin_client))


def test_a_template_that_reads_the_rows_after_elasticsearch_died_is_no_error(
    admin_client: Client,
) -> None:
    changelist = open_products(admin_client).context["cl"]
    shown = {row.pk for row in changelist.result_list}
    with no_elasticsearch():
        assert set(changelist.queryset.values_list("pk", flat=True)) == shown
    changelist = open_products(admin_client).context["cl"]
    assert changelist.queryset.filter(is_active=True).count() == 50


@pytest.mark.parametrize("fails", ["refused", "stale"])
def test_what_is_asked_after_the_page_has_no_more_time_than_it(
    admin_client: Client, fails: str
) -> None:
    if fails == "stale":
        Product.objects.filter(name="Zeppelin").update(is_active=False)
    OutboxEntry.objects.all().delete()
    asked = []
    shown = threading.Event()

    def slow(method: str, path: str, body: bytes) -> Answer | None:
        if "_search" not in path:
            return None
        asked.append(path)
        shown.wait(0.5 if len(asked) == 1 else 30)
        refused = len(asked) == 1 and fails == "refused"
        return (
            Answer(400, REFUSED_JSON, "application/json", elasticsearch=True) if refused else None
        )

    with (
        standing_between(settings.ES_URL, slow) as url,
        elasticsearch_at(url, timeout=2),
        noted_attempts() as attempts,
    ):
        response = open_products(admin_client, is_active__exact=1)
        shown.set()
    assert len(asked) == len(attempts.all) == 2
    assert UNRANKED in text_of(response)
    # What is asked then gets what is left: 1.5 s, and not 2 once more.
    assert attempts.longest < 2.25


def test_the_database_answers_if_elasticsearch_does_not(admin_client: Client) -> None:
    with no_elasticsearch():
        response = open_products(admin_client, is_active__exact=1)
    assert UNRANKED in text_of(response)
    assert response.context["cl"].result_count == 50
