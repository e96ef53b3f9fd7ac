"""The log of searches: what is noted, how it is masked, and that it is never in the way."""

import random
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core.signals import request_finished
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from rest_framework import generics, serializers
from shop.models import Product
from shop.search import FacetedSearchService, ProductSearchService

from django_es_admin.clock import today
from django_es_admin.conf import SearchLog, parse
from django_es_admin.indices.definition import get_definition
from django_es_admin.insight.log import note, report, write
from django_es_admin.insight.log.mask import mask
from django_es_admin.insight.log.report import KINDS, Kind, read_report
from django_es_admin.models import LoggedSearch
from django_es_admin.normal import normalise
from django_es_admin.rest import SearchFilterBackend, SearchPagination
from django_es_admin.search.searched import Searched
from tests.integration.admin.conftest import products  # noqa: F401 (a fixture)
from tests.integration.admin.searching import no_elasticsearch

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _log(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(note, "FLUSH_SECONDS", 0.0)
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": True}
    note.forget_all()
    write._pruned.clear()
    yield
    note.forget_all()


def searched(text: str, hits: int = 3, **values: Any) -> Searched:
    return Searched("default", "products", "ProductSearchService", text, hits, 12.5, **values)


def add(*searches: Searched) -> None:
    for one in searches:
        note.note(None, one)
    note.flush()


def rows(*fields: str) -> list[Any]:
    found = LoggedSearch.objects.exclude(digest="").order_by("words", "search", "filters", "order")
    return list(found.values_list(*fields, flat=len(fields) == 1))


def test_a_search_is_counted_by_day_and_words(products: list[Product]) -> None:  # noqa: F811
    service = ProductSearchService()
    for text in ("Trail  SHOE", "trail shoe"):
        service.search(text)
    FacetedSearchService().search_with_facets("trail shoe")
    service.search("xylophone", category="Shoes", sort_by="newest")
    assert note.flush() == 4
    assert rows("search", "words", "spelling", "count", "missed", "hits", "filters", "order") == [
        ("FacetedSearchService", "trail shoe", "trail shoe", 1, 0, 3, "", ""),
        ("ProductSearchService", "trail shoe", "trail shoe", 2, 0, 3, "", ""),
        (
            "ProductSearchService",
            "xylophone",
            "xylophone",
            1,
            1,
            0,
            '{"category": "Shoes"}',
            "newest",
        ),
    ]
    total = LoggedSearch.objects.get(digest="")
    assert (total.count, total.missed, total.words) == (4, 1, "")
    assert total.milliseconds > 0


def test_what_is_no_search_of_its_own(products: list[Product]) -> None:  # noqa: F811
    service = ProductSearchService()
    service.search("trail", page=2)
    service.search("")
    service.search(None)
    service.autocomplete("tra")
    service.did_you_mean("trial")
    service.find_keys("trail")
    first = service.search("shoe", page_size=1)
    service.search("shoe", page_size=1, after=first["next"])
    with no_elasticsearch():
        # What nobody answered says nothing of what there is.
        service.search("lamp")
    note.flush()
    assert rows("words") == ["shoe"]


def test_the_views_and_the_box_of_a_list(products: list[Product], admin_client: Client) -> None:  # noqa: F811
    box = reverse("admin:shop_product_changelist")
    for query in ({"q": "trail"}, {"q": "trail", "p": "2"}, {}):
        admin_client.get(box, query)
    admin_client.get(box, {"q": "xylophone"})
    request_finished.send(None)
    assert rows("search", "words", "count", "missed", "filters", "order") == [
        ("admin", "trail", 1, 0, "", ""),
        ("admin", "xylophone", 1, 1, "", ""),
    ]


def test_the_filters_and_the_order_of_a_list(
    products: list[Product],  # noqa: F811
    admin_client: Client,
) -> None:
    box = reverse("admin:shop_product_changelist")
    brand = {"brand__exact": "Northpath", "is_active__exact": "1"}
    for query in (
        {"q": "trail", **brand},
        {"q": "trail", "o": "-1.2"},
        {"q": "trail", "o": "-99.x.1"},
        {"q": "trail", "_facets": "True", "_popup": "1", "all": ""},
    ):
        assert admin_client.get(box, query).status_code == 200
    request_finished.send(None)
    first, second = admin_client.get(box).context["cl"].list_display[1:3]
    assert sorted(rows("filters", "order")) == sorted(
        [
            ("", ""),
            ("", f"-{first}, {second}"),
            ("", f"{first}"),
            ('{"brand__exact": "Northpath", "is_active__exact": "1"}', ""),
        ]
    )
    page = admin_client.get(
        reverse("admin:elasticsearch_loggedsearch_changelist"), {"of": "default:products"}
    ).content.decode()
    assert f"{box}?q=trail&amp;brand__exact=Northpath&amp;is_active__exact=1" in page


def test_rows_that_a_service_finds_for_rest(
    products: list[Product],  # noqa: F811
    rf: RequestFactory,
) -> None:
    class Lines(serializers.ModelSerializer):
        class Meta:
            model = Product
            fields = ("id",)

    class ProductList(generics.ListAPIView):
        authentication_classes = ()
        queryset = Product.objects.all()
        serializer_class = Lines
        filter_backends = (SearchFilterBackend,)
        pagination_class = SearchPagination
        search_service_class = ProductSearchService

    view = ProductList.as_view()
    newest = {"q": "trail", "category": "Shoes", "sort": "newest", "page": "1"}
    first = ({"q": "trail"}, {"q": "Trail", "page": ""}, newest)
    further = ({"q": "trail", "page": "2", "page_size": "1"}, {"q": "lamp", "offset": "20"})
    for asked in (*first, *further, {"category": "Shoes"}, {}, {"q": " "}):
        assert view(rf.get("/", asked)).status_code == 200
    with no_elasticsearch():
        view(rf.get("/", {"q": "xylophone"}))
    note.flush()
    assert rows("words", "count", "hits", "filters", "order") == [
        ("trail", 2, 3, "", ""),
        ("trail", 1, 3, '{"category": "Shoes"}', "newest"),
    ]


def test_off_is_off(products: list[Product], settings: Any) -> None:  # noqa: F811
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": False}
    ProductSearchService().search("trail")
    assert note.flush() == 0
    assert not LoggedSearch.objects.exists()


@pytest.mark.few(20)
@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("ada@example.org", "<email>"),
        ("Mail an ada.l+shop@mail.example.co.uk, bitte", "Mail an <email>, bitte"),
        ("+49 170 1234567", "<number>"),
        ("0170/1234567", "<number>"),
        ("(030) 123 45 67 89", "<number>"),
        ("4111 1111 1111 1111", "<number>"),
        ("4111-1111-1111-1111 lamp", "<number> lamp"),
        ("DE89 3704 0044 0532 0130 00", "<number>"),
        ("order 12345678", "order <number>"),
        ("1234567", "<number>"),
        ("iphone 15 pro 256", "iphone 15 pro 256"),
        ("2019 2020", "2019 2020"),
        ("A-4711", "A-4711"),
        ("123456", "123456"),
        ("12.50", "12.50"),
        ("user@host", "<email>"),
        ("ADA@EXAMPLE.ORG lamp", "<email> lamp"),
        ("ada @ example.org", "<email>"),
        ("ada (at) example (dot) org", "<email>"),
        ("lamp ada[at]example[dot]org", "lamp <email>"),
        ('"ada l"@example.org', "<email>"),
        ("o'brien@example.org", "<email>"),
        ("mailto:ada@example.org", "mailto:<email>"),
        ("ada%40example.org", "<email>"),
        ("ada\uff20example.org", "<email>"),
        ("ada@münchen.example", "<email>"),
        ("ada@[192.0.2.1]", "<email>"),
        ("x@y@z", "<email>"),
        ("0170 - 123 - 45678", "<number>"),
        ("0170\u20131234567", "<number>"),
        ("4111_1111_1111_1111", "<number>"),
        ("4111,1111,1111,1111", "<number>"),
        ("4 1 1 1 1 1 1 1 1 1 1", "<number>"),
        ("tel01701234567", "tel<number>"),
        ("GB29NWBK60161331926819", "GB29NWBK<number>"),
        ("\u0660\u0661\u0662\u0663\u0664\u0665\u0666", "<number>"),
        ("\uff14\uff11\uff11\uff11 \uff11\uff11\uff11\uff11 \uff11", "<number>"),
        ("1920x1080 144hz", "1920x1080 144hz"),
        ("lamp @ home", "lamp @ home"),
        ("[10, 20, 30, 40, 50]", "[10, 20, 30, 40, 50]"),
        ('{"day": "2026-11-28"}', '{"day": "2026-11-28"}'),
        ("@home", "@home"),
        ("", ""),
    ],
)
def test_what_is_masked(text: str, stored: str) -> None:
    assert mask(text) == stored


@pytest.mark.parametrize(
    "text",
    ["①②③④⑤⑥⑦⑧⑨", "¹²³⁴⁵⁶⁷", "4111\u00a01111\u20091111\u200b1111", "ada\ufe6bexample.org"],
)
def test_what_is_counted_as_such_is_masked(text: str) -> None:
    add(searched(text))
    assert rows("words", "spelling") in ([("<number>",) * 2], [("<email>",) * 2])


@pytest.mark.parametrize("part", ["a", "1", "1-", "a@", "a (at) ", '"', "(", "%40", " "])
def test_the_mask_takes_no_longer_for_longer_texts(part: str) -> None:
    """By its steps: in proportion to the length, where it would be by its square otherwise."""
    started = time.process_time()
    mask(part * (100_000 // len(part)))
    assert time.process_time() - started < 2


def drop_secrets(text: str) -> str | None:
    return None if "secret" in text else text.replace("Ada", "<name>")


def test_a_hook_masks_and_drops(settings: Any) -> None:
    path = f"{__name__}.drop_secrets"
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": {"MASK": path}}
    add(
        searched("my secret"),
        searched("for Ada"),
        searched("lamp", filters={"shop": "secret"}),
        searched("ada@example.org"),
    )
    assert rows("words") == ["ada@example.org", "for <name>"]
    assert LoggedSearch.objects.get(digest="").count == 2


def test_masked_before_it_is_stored() -> None:
    add(searched("Ada@Example.org"), searched("+49 170 1234567", filters={"mail": "a@b.de"}))
    assert rows("words", "spelling") == [("<email>", "<email>"), ("<number>", "<number>")]
    assert "a@b.de" not in str(LoggedSearch.objects.values_list())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  Red\t LAMP\n", "red lamp"),
        ("Straße", "strasse"),
        ("ﬁne", "fine"),
        ("Café", "café"),
        ("x" * 500, "x" * 200),
        ("\0\ud800", "?"),
        ("🔦", "🔦"),
    ],
)
def test_words_are_normalised(text: str, words: str) -> None:
    assert normalise(text) == words
    add(searched(text))
    assert rows("words") == [words]


def test_nothing_of_nothing() -> None:
    add(searched(" "), searched("\0"), searched("\u200b"))
    assert rows("words") == []


def test_a_sample(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": {"SAMPLE": 0.25}}
    drawn = iter([0.1, 0.25, 0.9, 0.2])
    monkeypatch.setattr(note.random, "random", lambda: next(drawn))
    add(*[searched("lamp")] * 4)
    assert rows("count") == [2]


def test_the_retention(settings: Any) -> None:
    add(searched("lamp"))
    LoggedSearch.objects.update(day=today() - timedelta(days=31))
    for days, kept in ((31, 1), (30, 0)):
        settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": {"RETENTION": days}}
        write._pruned.clear()
        add(searched("piano"))
        assert LoggedSearch.objects.filter(words="lamp").count() == kept


def test_many_at_the_same_time() -> None:
    def work() -> None:
        try:
            for _ in range(3):
                write.write([searched("lamp"), searched("piano")] * 5)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows("words", "count") == [("lamp", 60), ("piano", 60)]
    assert LoggedSearch.objects.get(digest="").count == 120


def test_a_database_that_refuses(
    products: list[Product],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with connection.schema_editor() as editor:
        editor.delete_model(LoggedSearch)
    try:
        assert ProductSearchService().search("trail")["total"] == 3
        request_finished.send(None)
        assert "1 search was not logged: " in caplog.text
        # It is not tried again with each request.
        ProductSearchService().search("trail")
        request_finished.send(None)
        assert caplog.text.count("not logged") == 1
    finally:
        with connection.schema_editor() as editor:
            editor.create_model(LoggedSearch)


def test_a_hook_that_fails(
    products: list[Product],  # noqa: F811
    settings: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": {"MASK": "no.such.function"}}
    assert ProductSearchService().search("trail")["total"] == 3
    request_finished.send(None)
    assert "Searches were not logged" in caplog.text


def test_no_more_is_kept_than_fits() -> None:
    for number in range(note.MOST_KEPT + 5):
        note.note(None, searched(f"lamp {number}"))
    assert len(note._kept) == note.MOST_KEPT


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("yes", "give True, False or a dict"),
        (1, "give True, False or a dict"),
        (None, "give True, False or a dict"),
        ({"SAMPLE": 0}, "between 0 and 1"),
        ({"SAMPLE": 1.5}, "between 0 and 1"),
        ({"SAMPLE": True}, "between 0 and 1"),
        ({"SAMPLE": float("nan")}, "between 0 and 1"),
        ({"RETENTION": 0}, "a number of days above 0"),
        ({"RETENTION": 1.5}, "a number of days above 0"),
        ({"MASK": "mask"}, "dotted path"),
        ({"MASK": None}, "dotted path"),
        ({"SAMPEL": 1}, "has no option SAMPEL"),
        ({1: 1}, "has no option 1"),
    ],
)
def test_settings_that_are_wrong(given: Any, told: str) -> None:
    with pytest.raises(Exception, match=told):
        parse({"SEARCH_LOG": given})


def test_settings_that_are_right() -> None:
    assert parse({"SEARCH_LOG": {}}).log_of_searches == SearchLog()
    assert parse({"SEARCH_LOG": {"SAMPLE": 1, "RETENTION": 1}}).log_of_searches == SearchLog(1, 1)
    assert parse({}).log_of_searches is None


def test_the_lists() -> None:
    add(
        *[searched("lamp")] * 5,
        *[searched("piano", 0)] * 3,
        Searched("default", "products", "S", "slow one", 1, 900.0),
        Searched("default", "others", "S", "elsewhere", 1, 1.0),
    )
    week_ago = today() - timedelta(days=7)
    LoggedSearch.objects.create(
        day=week_ago,
        connection="default",
        index="products",
        words="lamp",
        count=4,
        search="ProductSearchService",
        digest=LoggedSearch.objects.get(words="lamp").digest,
    )
    of = get_definition("products")
    frequent = read_report(of, "frequent")
    assert [(line.words, line.count) for line in frequent.lines] == [
        ("lamp", 5),
        ("piano", 3),
        ("slow one", 1),
    ]
    assert (frequent.count, frequent.missed, len(frequent.days)) == (9, 3, 7)
    assert [line.words for line in read_report(of, "missed").lines] == ["piano"]
    assert read_report(of, "slow").lines[0].words == "slow one"
    rising = read_report(of, "rising").lines
    assert [(line.words, line.count - line.before) for line in rising] == [
        ("piano", 3),
        ("lamp", 1),
        ("slow one", 1),
    ]
    assert read_report(of, "frequent", 30).lines[0].count == 9


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_the_first_of_many_days_are_those_of_all_rows(
    kind: Kind, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "OF_EACH_DAY", 8)
    monkeypatch.setattr(report, "AT_ONCE", 3)
    rng = random.Random(seed)  # noqa: S311 (no secret)
    day, counts = today(), Counter[str]()
    rows = []
    for back in range(6):
        for number in rng.sample(range(40), 25):
            # Few are frequent, and these lead by far.
            leads = number < 8 and (kind != "rising" or back < 3)
            count = rng.randrange(1, 4) + (50 - 5 * number) * leads
            rows.append(
                LoggedSearch(
                    day=day - timedelta(days=back),
                    connection="default",
                    index="products",
                    digest=f"{number:032x}",
                    words=f"word {number}",
                    count=count,
                    missed=count,
                    slowest=float(count),
                    passed=count,
                )
            )
            if kind == "slow":
                counts[f"word {number}"] = max(counts[f"word {number}"], count)
            elif kind != "rising":
                counts[f"word {number}"] += count
            else:
                counts[f"word {number}"] += count if back < 3 else -count
    LoggedSearch.objects.bulk_create(rows)
    days = 3 if kind == "rising" else 6
    lines = read_report(get_definition("products"), kind, days, most=4).lines
    best = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:4]
    value = {
        "frequent": lambda line: line.count,
        "missed": lambda line: line.missed,
        "slow": lambda line: line.slowest,
        "late": lambda line: line.passed,
        "rising": lambda line: line.count - line.before,
    }[kind]
    assert [value(line) for line in lines] == [count for _words, count in best]
    assert len(lines) == 4
