"""The page "Searches": its right, its lists, and its file."""

import csv
import re
from dataclasses import replace
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch
from shop.models import Product

from django_es_admin.indices.definition import get_definition
from django_es_admin.insight.log import clicks, note
from django_es_admin.insight.log.write import write
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.search.searched import Searched

from .visitors import visitor

pytestmark = pytest.mark.django_db(transaction=True)
URL = reverse("admin:elasticsearch_loggedsearch_changelist")


@pytest.fixture
def searches(es: Elasticsearch, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": True}
    note.forget_all()
    for text, hits in (("lamp", 3), ("lamp", 3), ("<b>piano", 0), ("=1+1", 2)):
        note.note(None, Searched("default", "products", "ProductSearchService", text, hits, 5.0))
    note.flush()


def test_it_takes_a_right_of_its_own(searches: None) -> None:
    assert visitor("elasticsearch.view_index").get(URL).status_code == 403
    assert Client().get(URL).status_code == 302
    client = visitor("elasticsearch.view_loggedsearch")
    assert client.get(URL).status_code == 200
    assert client.post(URL).status_code == 405
    for name, args in (("add", []), ("change", ["1"]), ("delete", ["1"]), ("history", ["1"])):
        url = reverse(f"admin:elasticsearch_loggedsearch_{name}", args=args)
        assert client.get(url).status_code == 403


def test_it_begins_with_the_index_that_is_searched_most(searches: None) -> None:
    client = visitor("elasticsearch.view_loggedsearch")
    assert "4 searches, 1 without a hit." in client.get(URL).content.decode()
    for _ in range(5):
        note.note(None, Searched("default", "testapp-notes", "", "lamp", 3, 5.0))
    note.note(None, Searched("default", "is-gone", "", "lamp", 3, 5.0))
    text = client.get(URL).content.decode()
    assert "5 searches, 0 without a hit." in text
    # Where there is nothing to draw, there is no empty chart.
    empty = client.get(URL, {"of": "default:flat-products"}).content.decode()
    assert ("<svg role" in text, "<svg role" in empty) == (True, False)


def test_what_it_shows(searches: None) -> None:
    client = visitor("elasticsearch.view_loggedsearch")
    text = client.get(URL, {"of": "default:products"}).content.decode()
    assert "4 searches, 1 without a hit." in text
    assert "&lt;b&gt;piano" in text
    assert "<b>piano" not in text
    # Whoever may not see the products gets no link to them.
    assert "?q=lamp" not in text
    seller = visitor("elasticsearch.view_loggedsearch", "shop.view_product")
    assert "/shop/product/?q=lamp" in seller.get(URL, {"of": "default:products"}).content.decode()
    missed = client.get(URL, {"of": "default:products", "list": "missed"}).content.decode()
    assert "piano" in missed
    assert "lamp" not in missed.partition('id="searches"')[2].partition("</table>")[0]


@pytest.mark.parametrize(
    "query", [{"days": "x"}, {"days": "9999"}, {"days": "0"}, {"list": "'"}, {"of": "\0:"}]
)
def test_addresses_of_any_kind(searches: None, query: dict[str, str]) -> None:
    assert visitor("elasticsearch.view_loggedsearch").get(URL, query).status_code == 200


def test_what_is_clicked_late(searches: None, settings: Any) -> None:
    of = {"of": "default:products", "list": "late"}
    asked = ["elasticsearch.view_loggedsearch"]
    assert "Opened results are not counted" in page_of(visitor(*asked), of)
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": {"CLICKS": True}}
    search = Searched("default", "products", "ProductSearchService", "lamp", 3, 5.0)
    for key, rank in (("77", 1), ("78", 9), ("78", 4)):
        [mark] = clicks.marks_of(search, [key], rank)
        note.note_click(mark, clicks.read_mark(mark))
    text = page_of(visitor(*asked), of)
    table = text.partition('id="searches"')[2].partition("</table>")[0]
    assert "piano" not in table
    assert '<td class="esa-number">4.7</td>' in table
    # Which objects were opened is for those who may see them all.
    assert "78" not in table
    seller = visitor(*asked, "elasticsearch.view_index", "shop.view_product")
    table = page_of(seller, of).partition('id="searches"')[2].partition("</table>")[0]
    assert reverse("admin:shop_product_change", args=[78]) in table
    assert "2 times, rank 6.5" in table
    assert "1 time, rank 1.0" in table


def page_of(client: Client, asked: dict[str, str]) -> str:
    return client.get(URL, asked).content.decode()


def test_results_and_reasons_as_people_saw_them(
    searches: None, products: list[Product], es: Elasticsearch
) -> None:
    """The links ask the same service, with the spelling, the filters and the order of the log."""
    for price, product in enumerate(products):
        product.price = price
        product.save()
    es.indices.refresh(index=get_definition("products").alias)
    keys = [str(product.pk) for product in products]
    asked = {"category": "Boots"}
    for order in ("price_asc", "price_desc"):
        search = Searched("default", "products", "ProductSearchService", "TRAIL", 2, 5.0)
        note.note(None, replace(search, order=order))
    note.note(None, replace(search, filters=asked, order=""))
    note.note(None, replace(search, text="BOX", search="admin"))
    note.flush()
    judge = visitor(
        "elasticsearch.view_loggedsearch",
        "elasticsearch.view_index",
        "elasticsearch.view_judgement",
        "shop.view_product",
    )
    links = [
        unescape(link)
        for link in re.findall(
            r'href="([^"]+q=(?:TRAIL|BOX)[^"]*)"', page_of(judge, {"of": "default:products"})
        )
    ]
    [box] = [link for link in links if "/shop/product/" in link]
    assert box.endswith("?q=BOX")
    results = {link.partition("order=")[2]: judge.get(link) for link in links if "/judge/" in link}
    assert set(results) == {"", "price_asc", "price_desc"}
    shown = {
        order: re.findall(r'name="grade:([^"]*)"', page.content.decode())
        for order, page in results.items()
    }
    assert shown == {"price_asc": keys, "price_desc": keys[::-1], "": []}
    reasons = [link for link in links if "/why/" in link]
    assert len(reasons) == 4
    [filtered] = [link for link in reasons if "filters=" in link]
    text = judge.get(f"{filtered}&key={keys[0]}").content.decode()
    assert "the search requires that category.name.raw is “Boots”" in unescape(text)
    assert 'name="filters"' in text
    broken = f"{filtered.replace('Boots', 'x%22y')}&key={keys[0]}"
    assert "does not accept these filters" in judge.get(broken).content.decode()
    # Without the rights to these pages there are no links to them.
    text = page_of(visitor("elasticsearch.view_loggedsearch"), {"of": "default:products"})
    assert "/why/" not in text
    assert "/judge/" not in text


def test_the_file(searches: None) -> None:
    client = visitor("elasticsearch.view_loggedsearch")
    response = client.get(URL, {"of": "default:products", "format": "csv"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    found = list(csv.DictReader(StringIO(response.content.decode())))
    assert {row["words"]: row["count"] for row in found} == {
        "lamp": "2",
        "<b>piano": "1",
        # What visitors type is no formula.
        "'=1+1": "1",
    }


def test_off(es: Elasticsearch) -> None:
    text = visitor("elasticsearch.view_loggedsearch").get(URL).content.decode()
    assert "SEARCH_LOG in ES_ADMIN is off" in text
    assert 'ES_ADMIN = {"SEARCH_LOG": True}' in text


def test_slow_searches_are_a_click_away(searches: None, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SLOW_SEARCH": 0.25}
    slow = Searched("default", "products", "ProductSearchService", "slow lamp", 1, 250.0)
    write([slow, replace(slow, text="quick lamp", milliseconds=249.0)])
    rights = ("elasticsearch.view_index", "elasticsearch.view_connection")
    seeing, other = visitor(*rights, "elasticsearch.view_loggedsearch"), visitor(*rights)
    href = f"{URL}?of=default%3Aproducts&amp;list=slow"
    for page in (
        reverse("admin:elasticsearch_index_change", args=["default_3Aproducts"]),
        reverse("admin:elasticsearch_connection_space", args=["default"]),
    ):
        assert f'href="{href}"' in seeing.get(page).content.decode()
        assert URL not in other.get(page).content.decode()
    text = seeing.get(href.replace("&amp;", "&")).content.decode()
    assert "1 of these searches took 250 ms or longer" in " ".join(text.split())
    table = text.partition('id="searches"')[2].partition("</table>")[0]
    assert table.index("slow lamp") < table.index("quick lamp") < table.index("piano")


def test_the_preview_of_a_swap(rebuilt_products: list[Product], settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": True}
    rights = ("elasticsearch.view_index", "elasticsearch.swap_alias", "shop.view_product")
    client = visitor(*rights, "elasticsearch.view_loggedsearch")
    url = reverse("admin:elasticsearch_index_preview", args=["default_3Aproducts"])
    # Without another generation there is nothing to compare with.
    assert "has no generation beside the live one" in client.get(url).content.decode()
    definition = get_definition("products")
    built = rebuild(plan_rebuild(definition, swap=False)).generation
    write([Searched("default", "products", "ProductSearchService", "trail", 3, 5.0)])
    definition.connection.client.delete(index=built, id=str(rebuilt_products[0].pk), refresh=True)
    text = " ".join(client.get(url, {"generation": built}).content.decode().split())
    assert "Of 1 search 0 are the same, none loses all hits." in text
    assert f">{rebuilt_products[0].pk}</a>" in text
    plan = reverse("admin:elasticsearch_index_swap", args=["default_3Aproducts"])
    assert f"{url}?generation={built}" in client.get(plan, {"to": built}).content.decode()
    assert "has no generation" in client.get(url, {"generation": "x"}).content.decode()
    for fewer in (visitor(*rights), visitor("elasticsearch.view_loggedsearch"), visitor()):
        assert fewer.get(url).status_code == 403
    assert client.post(url).status_code == 405
