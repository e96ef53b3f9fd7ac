"""Promotions in the admin: what they refuse, their state, history, import and export."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from elasticsearch import Elasticsearch
from import_export.formats.base_formats import CSV
from shop.models import Product
from shop.search import ProductSearchService
from tablib import Dataset

from django_es_admin.clock import today
from django_es_admin.import_export.promotions import PromotionResource
from django_es_admin.indices.definition import get_definition
from django_es_admin.models import Promotion
from django_es_admin.search.site import promotions

from .searching import no_elasticsearch
from .visitors import visitor

pytestmark = [pytest.mark.django_db(transaction=True)]
LIST = reverse("admin:elasticsearch_promotion_changelist")
ADD = reverse("admin:elasticsearch_promotion_add")
RIGHTS = [f"elasticsearch.{verb}_promotion" for verb in ("add", "view", "change", "delete")]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    # Tables are emptied after a test, and nobody says so.
    promotions.forget_all()
    yield
    promotions.forget_all()


def form(products: list[Product], **values: Any) -> dict[str, Any]:
    return {
        "connection": "default",
        "index": "products",
        "search": "",
        "words": " Trail  SHOE",
        "key": str(products[0].pk),
        "effect": "first",
        "position": "1",
        "begins": "",
        "ends": "",
        **values,
    }


def test_added_changed_and_deleted_with_a_history(products: list[Product]) -> None:
    client = visitor(*RIGHTS)
    key = str(products[0].pk)
    assert client.post(ADD, form(products, words="Nothing has THIS")).status_code == 302
    row = Promotion.objects.get()
    assert (row.words, row.key) == ("nothing has this", key)
    assert ProductSearchService().search("nothing has this")["total"] == 1
    change = reverse("admin:elasticsearch_promotion_change", args=[row.pk])
    data = form(products, words="nothing has this", effect="never")
    assert client.post(change, data).status_code == 302
    assert ProductSearchService().search("nothing has this")["total"] == 0
    history = reverse("admin:elasticsearch_promotion_history", args=[row.pk])
    assert "Changed Effect" in client.get(history).content.decode()
    delete = reverse("admin:elasticsearch_promotion_delete", args=[row.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert not Promotion.objects.exists()
    assert LogEntry.objects.count() == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"index": "nope"},
        {"connection": "nope"},
        {"search": "Nope"},
        {"words": " \t"},
        {"words": "\0"},
        {"words": "\u200b"},
        {"key": "987654321"},
        {"key": "x"},
        {"key": "9" * 30},
        {"effect": "last"},
        {"position": "-1"},
        {"begins": "2026-02-30"},
        {"begins": str(today() + 2 * DAY), "ends": str(today() + DAY)},
    ],
    ids=str,
)
def test_what_is_refused(products: list[Product], wrong: dict[str, Any]) -> None:
    response = visitor(*RIGHTS).post(ADD, form(products, **wrong))
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert not Promotion.objects.exists()


def offered(html: str, name: str) -> list[str]:
    """Return the values of a choice."""
    found = re.search(rf'<select name="{name}".*?</select>', html, re.DOTALL)
    assert found, name
    return re.findall(r'<option value="([^"]*)"', found.group())


def test_what_is_declared_is_offered(products: list[Product], settings: Any) -> None:
    server = settings.ES_SERVERS["default"]
    other = {**server, "LABEL": "Production <b>", "INDICES": []}
    settings.ES_SERVERS = {"default": server, "other": other}
    client = visitor(*RIGHTS)
    text = client.get(ADD).content.decode()
    # Nothing is searched on the other one, and no service searches what has no document.
    assert offered(text, "connection") == ["default"]
    assert "products" in offered(text, "index")
    assert offered(text, "search")[0] == ""
    assert {"ProductSearchService", "FacetedSearchService"} <= set(offered(text, "search"))
    # What is not declared any more stays what it is, and can still be seen and left.
    gone = Promotion.objects.create(connection="gone", index="'>gone", words="a", key="1")
    url = reverse("admin:elasticsearch_promotion_change", args=[gone.pk])
    text = client.get(url).content.decode()
    assert re.search(r'<option value="gone" selected', text)
    assert re.search(r'<option value="&#x27;&gt;gone" selected', text)
    kept = form(products, connection="gone", index="'>gone", words="a", ends="2026-01-01")
    assert client.post(url, kept).status_code == 302
    assert Promotion.objects.get().connection == "gone"


def test_an_object_that_the_index_does_not_have(products: list[Product], es: Elasticsearch) -> None:
    es.delete(index=get_definition("products").alias, id=str(products[0].pk), refresh=True)
    client = visitor(*RIGHTS)
    assert "reindex it first" in client.post(ADD, form(products)).content.decode()
    # What is left out need not be there.
    assert client.post(ADD, form(products, effect="never")).status_code == 302
    with no_elasticsearch():
        answer = client.post(ADD, form(products, words="other"))
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        ({}, True),
        ({"effect": "never"}, True),
        ({"search": "ProductSearchService"}, True),
        ({"begins": 9}, True),
        ({"begins": 10}, False),
        ({"ends": -1}, False),
        ({"words": "trail"}, False),
        ({"words": "TRAIL shoe"}, True),
    ],
    ids=str,
)
def test_days_that_overlap(products: list[Product], other: dict[str, Any], overlaps: bool) -> None:
    client = visitor(*RIGHTS)
    # Numbers are days from today, which begins when the test does.
    now = today()
    days = {name: str(now + other[name] * DAY) for name in ("begins", "ends") if name in other}
    first = form(products, begins=str(now), ends=str(now + 9 * DAY))
    assert client.post(ADD, first).status_code == 302
    second = form(products, **other | days)
    assert client.post(ADD, second).status_code == (200 if overlaps else 302)
    assert Promotion.objects.count() == 2 - overlaps


def test_of_two_services_apart(products: list[Product]) -> None:
    client = visitor(*RIGHTS)
    for search in ("ProductSearchService", "FacetedSearchService"):
        assert client.post(ADD, form(products, search=search)).status_code == 302


def test_the_list_says_what_is_in_force(products: list[Product]) -> None:
    for begins, ends in ((None, None), (today() + DAY, None), (None, today() - DAY)):
        Promotion.objects.create(index="products", words="shoe", key="1", begins=begins, ends=ends)
    page = visitor("elasticsearch.view_promotion").get(LIST).content.decode()
    for state in ("in force", "not started", "over"):
        assert page.count(f">{state}") == 1


def test_a_file_out_and_in(products: list[Product]) -> None:
    key = str(products[0].pk)
    Promotion.objects.create(index="products", words="trail shoe", key=key, ends=today())
    file = PromotionResource().export().csv
    Promotion.objects.update(position=7, effect="never")
    data = Dataset().load(file, format="csv")
    result = PromotionResource().import_data(data, raise_errors=True)
    assert not result.has_errors()
    assert not result.has_validation_errors()
    found = Promotion.objects.values_list("words", "key", "position", "effect", "ends")
    assert list(found) == [("trail shoe", key, 1, "first", today())]
    short = Dataset(["products", " New  WORDS", key, "never", "2"])
    short.headers = ["index", "words", "key", "effect", "position"]
    assert not PromotionResource().import_data(short, raise_errors=True).has_validation_errors()
    assert Promotion.objects.get(words="new words").effect == "never"
    # A second time, nothing changes.
    again = PromotionResource().import_data(short, raise_errors=True)
    assert again.totals["skip"] == 1
    for wrong in ("nope", "987654321"):
        bad = Dataset(["products", "other", wrong, "first", "2"])
        bad.headers = ["index", "words", "key", "effect", "position"]
        assert PromotionResource().import_data(bad).has_validation_errors()


def test_the_buttons(products: list[Product]) -> None:
    client = visitor(superuser=True)
    assert "import/" in client.get(LIST).content.decode()
    url = reverse("admin:elasticsearch_promotion_import")
    text = f"index,words,key,effect,position\nproducts,lamp,{products[0].pk},first,1\n"
    upload = SimpleUploadedFile("p.csv", text.encode(), content_type=CSV.CONTENT_TYPE)
    response = client.post(url, {"import_file": upload, "format": "0", "resource": ""})
    assert response.status_code == 200


def test_each_filter_has_a_name(products: list[Product]) -> None:
    for search in ("", "ProductSearchService"):
        Promotion.objects.create(index="products", words=f"a {search}", key="1", search=search)
    client = visitor(*RIGHTS)
    text = client.get(LIST).content.decode()
    assert re.search(r'<a href="\?search=">\s*all searches</a>', text)
    assert not re.search(r'<a href="[^"]*">\s*</a>', text)
    only = client.get(LIST, {"search": ""}).content.decode()
    assert "ProductSearchService" in only
    assert re.search(r"\b1 promotion\b", only)


@pytest.mark.parametrize(
    ("begins", "ends", "said"),
    [
        (None, None, "in force"),
        (-3, None, "in force from"),
        (None, 3, "in force until"),
        (-3, 3, "in force .* to "),
        (3, None, "not started from"),
        (-3, -1, "over .* to "),
    ],
)
def test_the_list_says_when_and_in_which_order(
    begins: int | None, ends: int | None, said: str
) -> None:
    days = [None if n is None else today() + n * DAY for n in (begins, ends)]
    Promotion.objects.create(
        index="products", words="shoe", key="1", position=2, begins=days[0], ends=days[1]
    )
    html = visitor(superuser=True).get(LIST).content.decode()
    text = " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<tbody") :]).split())
    assert re.search(rf"shoe comes first \(2\) 1 {said}", text)
    assert "or are left out" in html
