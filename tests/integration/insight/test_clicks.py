"""Which results are opened: counted once each, by an address that nobody else can make."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.signals import request_finished
from django.test import Client
from django.urls import reverse
from shop.models import Product
from shop.search import ProductSearchService

from django_es_admin.clock import today
from django_es_admin.exceptions import ClickForged
from django_es_admin.indices.definition import get_definition
from django_es_admin.insight.log import clicks, note, write
from django_es_admin.insight.log.clicks import read_mark
from django_es_admin.insight.log.report import read_opened, read_report
from django_es_admin.models import LoggedSearch, OpenedResult
from django_es_admin.search.searched import Searched
from django_es_admin.views import ClickView
from tests.integration.admin.conftest import products  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def log(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    monkeypatch.setattr(note, "FLUSH_SECONDS", 0.0)

    def log(**options: Any) -> None:
        settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": {"CLICKS": True, **options}}

    log()
    note.forget_all()
    write._pruned.clear()
    cache.clear()
    yield log
    note.forget_all()


def shown(text: str = "trail", **asked: Any) -> list[dict[str, Any]]:
    return ProductSearchService().search(text, **asked)["results"]


def opened() -> list[tuple[str, str, int, int]]:
    note.flush()
    words = dict(LoggedSearch.objects.values_list("digest", "words"))
    rows = OpenedResult.objects.order_by("digest", "key")
    return sorted((words[row.digest], row.key, row.clicks, row.passed) for row in rows)


def test_what_is_opened_is_counted_with_its_rank(products: list[Product]) -> None:  # noqa: F811
    client = Client()
    results = shown("Trail ")
    for rank in (0, 2, 2):
        url = reverse("open-product", args=[results[rank]["click"]])
        response = client.get(url)
        assert (response.status_code, response["Location"]) == (
            302,
            reverse("product", args=[results[rank]["id"]]),
        )
        assert "no-store" in response["Cache-Control"]
    # The same page once more is another visit.
    again = shown("TRAIL")
    assert client.post(reverse("open-product", args=[again[2]["click"]])).status_code == 204
    # On the second page the ranks go on.
    [third] = shown("trail", page=2, page_size=2)
    client.get(reverse("open-product", args=[third["click"]]))
    first, last = str(results[0]["id"]), str(results[2]["id"])
    assert opened() == sorted([("trail", first, 1, 0), ("trail", last, 3, 6)])
    row = LoggedSearch.objects.get(words="trail")
    assert (row.count, row.clicks, row.passed) == (2, 4, 6)
    report = read_report(get_definition("products"), "late")
    [line] = report.lines
    assert (line.clicks, line.rank) == (4, 2.5)
    told = read_opened(get_definition("products"), report)[line.digest]
    assert [(hit.key, hit.clicks, hit.rank) for hit in told] == [(last, 3, 3.0), (first, 1, 1.0)]


def test_nobody_is_stored_and_words_are_masked() -> None:
    secret = Searched("default", "products", "S", "mail ada@example.org", 1, 1.0)
    [mark] = clicks.marks_of(secret, ["1"], 1)
    assert read_mark(mark).place.words == "mail <email>"
    client = Client(headers={"user-agent": "somebody"}, REMOTE_ADDR="203.0.113.9")
    client.post(reverse("open-product", args=[mark]))
    note.flush()
    stored = str([*LoggedSearch.objects.values(), *OpenedResult.objects.values()])
    assert "example.org" not in stored
    assert "203.0.113.9" not in stored
    assert "somebody" not in stored


def test_a_click_does_not_need_the_row_of_its_search(
    products: list[Product],  # noqa: F811
) -> None:
    """Another process may write the search later."""
    results = shown("trail", category="Shoes", sort_by="newest")
    note.forget_all()
    Client().get(reverse("open-product", args=[results[0]["click"]]))
    note.flush()
    row = LoggedSearch.objects.get(words="trail")
    assert (row.count, row.clicks, row.filters, row.order) == (
        0,
        1,
        '{"category": "Shoes"}',
        "newest",
    )
    shown("TRAIL", category="Shoes", sort_by="newest")
    note.flush()
    row.refresh_from_db()
    assert (row.count, row.clicks, row.spelling) == (1, 1, "TRAIL")
    assert LoggedSearch.objects.exclude(digest="").count() == 1


@pytest.mark.parametrize("seed", range(20))
def test_a_forged_one_counts_nothing(seed: int, django_assert_num_queries: Any) -> None:
    rng = random.Random(seed)  # noqa: S311 (no secret)
    search = Searched("default", "products", "S", "lamp", 1, 1.0)
    mark, other_hit = clicks.marks_of(search, ["1", "2"], 7)
    [elsewhere] = clicks.marks_of(search, ["1"], 7)
    unsigned = mark.rpartition(".")[0]
    head, hit = unsigned.split(".")
    place = rng.randrange(len(mark))
    other = rng.choice([each for each in "AZaz09-_.:é" if each != mark[place]])
    forged = [
        mark[:place] + other + mark[place + 1 :],
        mark[: rng.randrange(1, len(mark))],
        mark + mark[-1],
        "x" * rng.randrange(1, 10_000),
        f"{unsigned}.{'0' * 32}",
        f"{unsigned}.{clicks._signature(hit, clicks._page_secret(head, 'another'))}",
        # The signature of another page, and of another hit of this one.
        f"{unsigned}.{elsewhere.rpartition('.')[2]}",
        f"{head}.{other_hit.split('.')[1]}.{mark.rpartition('.')[2]}",
    ]
    client = Client()
    with django_assert_num_queries(0):
        for each in forged:
            with pytest.raises(ClickForged):
                read_mark(each)
            url = reverse("open-product", args=[each])
            assert client.get(url).status_code == 404
            assert client.post(url).status_code == 404
    assert not note._kept


def test_an_older_secret_key_is_good_for_a_while(settings: Any) -> None:
    [mark] = clicks.marks_of(Searched("default", "products", "S", "lamp", 1, 1.0), ["5 é/"], 3)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "a new one"
    with pytest.raises(ClickForged):
        read_mark(mark)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert (read_mark(mark).key, read_mark(mark).rank) == ("5 é/", 3)


def test_it_leads_nowhere_else(products: list[Product]) -> None:  # noqa: F811
    [mark] = clicks.marks_of(Searched("default", "products", "S", "lamp", 1, 1.0), ["5"], 1)
    client = Client()
    url = reverse("open-product", args=[mark])
    response = client.get(f"{url}?next=https://evil.example/&to=//evil.example/")
    assert response["Location"] == reverse("product", args=[5])
    search = Searched("default", "products", "S", "lamp", 1, 1.0)
    for key in ("//evil.example/", "https:evil.example", "5/../../admin", ""):
        [mark] = clicks.marks_of(search, [key], 1)
        assert client.get(reverse("open-product", args=[mark])).status_code == 404
    note.forget_all()


def test_each_address_counts_once_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    search = Searched("default", "products", "S", "lamp", 1, 1.0)
    [mark] = clicks.marks_of(search, ["5"], 3)
    url, client = reverse("open-product", args=[mark]), Client()
    for _ in range(50):
        assert client.get(url).status_code == 302
    assert opened() == [("lamp", "5", 1, 2)]
    [old] = clicks.marks_of(search, ["6"], 3)
    now = clicks.time.time()
    monkeypatch.setattr(clicks.time, "time", lambda: now + clicks.MAX_AGE + 1)
    # Whoever comes late gets there, and is not counted.
    assert client.get(reverse("open-product", args=[old])).status_code == 302
    assert opened() == [("lamp", "5", 1, 2)]


def test_what_is_no_visit(products: list[Product]) -> None:  # noqa: F811
    client = Client()
    url = reverse("open-product", args=[shown()[0]["click"]])
    assert client.head(url).status_code == 302
    for header in ({"sec-purpose": "prefetch;prerender"}, {"purpose": "prefetch"}):
        assert client.get(url, headers=header).status_code == 302
    assert client.put(url).status_code == 405
    assert opened() == []
    client.get(url)
    assert len(opened()) == 1


def test_where_there_is_no_mark(
    products: list[Product],  # noqa: F811
    log: Callable[..., None],
    settings: Any,
) -> None:
    service = ProductSearchService()
    first = service.search("trail", page_size=1)
    assert first["results"][0]["click"]
    # Nobody knows the rank of what comes after a cursor, and no words are no search.
    assert "click" not in service.search("trail", page_size=1, after=first["next"])["results"][0]
    assert "click" not in service.search("")["results"][0]
    assert "click" not in service.search(" ")["results"][0]
    log(MASK=f"{__name__}.drop")
    assert "click" not in shown()[0]
    log(MASK="no.such.hook")
    assert "click" not in shown()[0]
    log(CLICKS=False)
    url = reverse("open-product", args=[first["results"][0]["click"]])
    assert "click" not in shown()[0]
    assert Client().get(url).status_code == 302
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": False}
    assert "click" not in shown()[0]
    assert Client().get(url).status_code == 302
    assert opened() == []


def drop(text: str) -> None:
    return None


def test_words_and_filters_of_any_length() -> None:
    search = Searched("default", "products", "S", "é" * 1_000, 1, 1.0, {"brand": "x" * 9_000})
    assert clicks.marks_of(search, ["1"], 1) == []
    search = Searched("default", "products", "S", "\U0001f526" * 1_000, 1, 1.0)
    [mark] = clicks.marks_of(search, ["key/…" * 30], 1)
    assert read_mark(mark).key == "key/…" * 30
    assert clicks.marks_of(search, ["1", "2", "3"], clicks.LAST_RANK - 1)[2:] == []
    assert clicks.marks_of(search, ["1"], clicks.LAST_RANK + 500) == []


def test_keys_too_long_for_the_table() -> None:
    search = Searched("default", "products", "S", "lamp", 1, 1.0)
    for key in ("k" * 201, "ok"):
        [mark] = clicks.marks_of(search, [key], 1)
        note.note_click(mark, read_mark(mark))
    assert opened() == [("lamp", "ok", 1, 0)]
    assert LoggedSearch.objects.get(words="lamp").clicks == 2


def test_a_cache_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(clicks.cache, "add", fail)
    [mark] = clicks.marks_of(Searched("default", "products", "S", "lamp", 1, 1.0), ["5"], 3)
    assert Client().get(reverse("open-product", args=[mark])).status_code == 302
    assert opened() == []


def test_without_an_address_of_the_objects(rf: Any) -> None:
    [mark] = clicks.marks_of(Searched("default", "products", "S", "lamp", 1, 1.0), ["5"], 3)
    view = ClickView.as_view()
    assert view(rf.post("/"), click=mark).status_code == 204
    with pytest.raises(Exception, match="pattern_name"):
        view(rf.get("/"), click=mark)


def test_the_retention_and_the_sample(
    log: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def click(key: str) -> None:
        search = Searched("default", "products", "S", "lamp", 1, 1.0)
        [mark] = clicks.marks_of(search, [key], 1)
        note.note_click(mark, read_mark(mark))
        note.flush()

    click("1")
    OpenedResult.objects.update(day=today() - timedelta(days=31))
    log(RETENTION=30, SAMPLE=0.5)
    write._pruned.clear()
    drawn = iter([0.4, 0.6])
    monkeypatch.setattr(note.random, "random", lambda: next(drawn))
    click("2")
    click("3")
    assert list(OpenedResult.objects.values_list("key", flat=True)) == ["2"]


def test_rest_and_json_and_the_pages_of_the_shop(products: list[Product]) -> None:  # noqa: F811
    client = Client()
    for name in ("product-search", "api-product-search"):
        results = client.get(reverse(name), {"q": "trail"}).json()["results"]
        assert len({one["click"] for one in results}) == len(results)
        client.post(reverse("open-product", args=[results[1]["click"]]))
    page = client.get(reverse("home"), {"q": "trail"}).content.decode()
    url = page.partition('<h2><a href="')[2].partition('"')[0]
    assert client.get(url)["Location"].startswith("/products/")
    request_finished.send(None)
    row = LoggedSearch.objects.get(words="trail")
    assert (row.count, row.clicks, row.passed) == (3, 3, 2)
    # Without words there is nothing to count.
    assert "/open/" not in client.get(reverse("home")).content.decode()
