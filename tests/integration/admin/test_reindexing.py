"""Buttons, actions and the panel in the admin of a model that is indexed."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Product

from django_es_admin.admin.pages.index import IndexAdmin
from django_es_admin.indices.definition import get_definition
from django_es_admin.models import Index, Operation, OutboxEntry
from tests import servers
from tests.live import make_live

from .visitors import visitor

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "admin:shop_product_changelist"
RIGHTS = ("shop.view_product", "elasticsearch.view_index", "elasticsearch.reindex_objects")


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def change_page(product: Product) -> str:
    return reverse("admin:shop_product_change", args=[product.pk])


def names(es: Elasticsearch) -> list[str]:
    alias = get_definition("products").alias
    es.indices.refresh(index=alias)
    hits = es.search(index=alias, size=10)["hits"]["hits"]
    return sorted(hit["_source"]["name"] for hit in hits)


@pytest.fixture
def stale(products: list[Product], es: Elasticsearch) -> list[Product]:
    """Products whose names in the database nobody has told of."""
    for product in products:
        Product._base_manager.filter(pk=product.pk).update(name=f"New {product.sku}")
    return products


def test_reindex_selected(stale: list[Product], es: Elasticsearch) -> None:
    client = visitor(*RIGHTS)
    data = {"action": "reindex_selected", "_selected_action": [stale[0].pk, stale[2].pk]}
    response = client.post(reverse(LIST), data, follow=True)
    assert "2 objects were written to the index." in words(response.content.decode())
    assert names(es) == ["New A-0", "New A-2", "Trail shoe 1"]
    entry = LogEntry.objects.latest("pk")
    assert entry.object_id == "default:products"
    assert entry.change_message == "Reindexed 2 of shop.Product."
    operation = Operation.objects.latest("pk")
    assert (operation.kind, operation.state, operation.who) == ("reindex", "done", "visitor-0")
    assert operation.details["objects"] == 2


def test_reindex_all_that_match(stale: list[Product], es: Elasticsearch) -> None:
    Product._base_manager.filter(pk=stale[1].pk).update(is_active=False)
    client = visitor(*RIGHTS)
    url = f"{reverse(LIST)}?is_active__exact=1"
    assert "Reindex all that match…" in client.get(url).content.decode()
    # What it comes to is said first.
    asked = words(client.post(url, {"_reindex_all": "1"}).content.decode())
    assert "add 2 objects to the outbox" in asked
    assert names(es) == ["Trail shoe 0", "Trail shoe 1", "Trail shoe 2"]
    response = client.post(url, {"_reindex_all": "1", "confirmed": "1"}, follow=True)
    assert "2 objects were written to the index." in words(response.content.decode())
    assert names(es) == ["New A-0", "New A-2", "Trail shoe 1"]
    assert "Reindex all…<" in client.get(reverse(LIST)).content.decode()


def test_reindex_all_that_a_search_found(stale: list[Product], es: Elasticsearch) -> None:
    es.indices.refresh(index=get_definition("products").alias)
    data = {"_reindex_all": "1", "confirmed": "1"}
    response = visitor(*RIGHTS).post(f"{reverse(LIST)}?q=A-1", data, follow=True)
    assert "1 object was written to the index." in words(response.content.decode())
    assert "New A-1" in names(es)


@pytest.mark.parametrize("action", ["button", "selected"])
def test_more_hits_than_a_page_has(products: list[Product], es: Elasticsearch, action: str) -> None:
    """All that match are all that match, and nothing else."""
    boots = Product._base_manager.bulk_create(
        Product(sku=f"B-{number}", name=f"Boot {number}", price="1", category=products[0].category)
        for number in range(130)
    )
    make_live(get_definition("products"))
    Product._base_manager.update(brand="Renamed")
    client, url = visitor(*RIGHTS), f"{reverse(LIST)}?q=boot"
    if action == "button":
        asked = words(client.post(url, {"_reindex_all": "1"}).content.decode())
        assert "add 130 objects to the outbox" in asked
        data: dict[str, Any] = {"_reindex_all": "1", "confirmed": "1"}
    else:
        chosen = {"_selected_action": [boots[0].pk], "select_across": "1", "index": "0"}
        data = {"action": "reindex_selected", **chosen}
    response = client.post(url, data, follow=True)
    assert "130 objects were written to the index." in words(response.content.decode())
    alias = get_definition("products").alias
    es.indices.refresh(index=alias)
    assert es.count(index=alias, q="brand.text:Renamed")["count"] == 130


def test_all_that_match_is_refused_while_elasticsearch_does_not_answer(
    stale: list[Product], settings: Settings
) -> None:
    client = visitor(*RIGHTS)
    with servers.refusing_port() as url:
        server: dict[str, Any] = settings.ES_SERVERS["default"]
        settings.ES_SERVERS = {"default": {**server, "HOSTS": [url]}}
        data = {"_reindex_all": "1", "confirmed": "1"}
        response = client.post(f"{reverse(LIST)}?q=shoe", data, follow=True)
    text = words(response.content.decode())
    assert "Nothing was done, because Elasticsearch did not answer" in text
    assert "written to the index" not in text


def test_the_change_page_says_how_the_object_is_indexed(
    products: list[Product], es: Elasticsearch
) -> None:
    client = visitor(*RIGHTS)
    url = change_page(products[0])
    text = words(client.get(url).content.decode())
    assert "In Elasticsearch: products Tests indexed, and up to date , written " in text
    Product._base_manager.filter(pk=products[0].pk).update(name="Renamed")
    assert "indexed, but differs" in words(client.get(url).content.decode())
    response = client.post(f"{url.removesuffix('change/')}reindex/", follow=True)
    text = words(response.content.decode())
    assert "1 object was written to the index." in text
    assert "indexed, and up to date" in text
    es.delete(index=get_definition("products").alias, id=str(products[0].pk))
    assert "not indexed" in words(client.get(url).content.decode())


def test_the_change_page_opens_while_elasticsearch_is_down(
    products: list[Product], settings: Settings
) -> None:
    with servers.refusing_port() as url:
        server: dict[str, Any] = settings.ES_SERVERS["default"]
        settings.ES_SERVERS = {"default": {**server, "HOSTS": [url]}}
        response = visitor(*RIGHTS).get(change_page(products[0]))
    assert response.status_code == 200
    assert "is unreachable" in words(response.content.decode())


@pytest.mark.parametrize(
    ("rights", "seen"),
    [
        (("shop.view_product",), set()),
        (("shop.view_product", "elasticsearch.view_index"), {"panel"}),
        (("shop.view_product", "elasticsearch.reindex_objects"), {"list"}),
        (RIGHTS, {"list", "panel", "button"}),
        (
            ("shop.view_product", "elasticsearch.view_index", "elasticsearch.rebuild_index"),
            {"panel", "rebuild"},
        ),
    ],
)
def test_they_appear_only_with_the_right(
    products: list[Product], rights: tuple[str, ...], seen: set[str]
) -> None:
    client = visitor(*rights)
    listed = client.get(reverse(LIST)).content.decode()
    page = client.get(change_page(products[0])).content.decode()
    found = {
        "list": "_reindex_all" in listed,
        "rebuild": reverse("admin:elasticsearch_index_rebuild", args=["default_3Aproducts"])
        in listed,
        "panel": "In Elasticsearch: products" in page,
        "button": f"{products[0].pk}/reindex/" in page,
    }
    assert {name for name, is_there in found.items() if is_there} == seen
    assert ("reindex_selected" in listed) is ("list" in seen)


def test_nothing_is_done_without_the_right(stale: list[Product], es: Elasticsearch) -> None:
    for client in (visitor("shop.view_product"), visitor("elasticsearch.reindex_objects")):
        posts = [
            client.post(reverse(LIST), {"_reindex_all": "1"}),
            client.post(f"{change_page(stale[0]).removesuffix('change/')}reindex/"),
        ]
        assert [response.status_code for response in posts] == [403, 403]
    client = visitor("shop.view_product")
    client.post(reverse(LIST), {"action": "reindex_selected", "_selected_action": [stale[0].pk]})
    assert names(es) == ["Trail shoe 0", "Trail shoe 1", "Trail shoe 2"]


VISITORS: dict[str, tuple[tuple[str, ...], bool]] = {
    "anonymous": ((), False),
    "staff": ((), False),
    "views products": (("shop.view_product",), False),
    "reindexes": (("elasticsearch.reindex_objects",), False),
    **{
        f"views products, {verb}": (("shop.view_product", f"elasticsearch.{verb}"), False)
        for verb in ("view_index", "create_index", "rebuild_index", "swap_alias", "delete_index")
    },
    "both": (("shop.view_product", "elasticsearch.reindex_objects"), True),
}


@pytest.mark.few(6)
@pytest.mark.urls("tests.integration.admin.sites")
@pytest.mark.parametrize("site", ["admin", "back-office"])
@pytest.mark.parametrize("who", VISITORS)
def test_who_may_reindex_on_which_site(stale: list[Product], who: str, site: str) -> None:
    rights, may = VISITORS[who]
    client = Client() if who == "anonymous" else visitor(*rights)
    key = stale[0].pk
    button = reverse("admin:shop_product_reindex", args=[key], current_app=site)
    listed = reverse(LIST, current_app=site)
    got = [
        client.get(button).status_code,
        client.post(button).status_code,
        client.post(listed, {"_reindex_all": "1"}).status_code,
        client.post(listed, {"_reindex_all": "1", "confirmed": "1"}).status_code,
    ]
    assert got == ([302, 302, 200, 302] if may else [302 if who == "anonymous" else 403] * 4)
    began = Operation.objects.filter(kind=Operation.Kind.REINDEX)
    assert began.count() == (2 if may else 0)
    if may:
        to = client.post(button)["Location"]
        assert to == reverse("admin:shop_product_change", args=[key], current_app=site)


def test_the_hook_of_the_pages_counts_here(
    stale: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    def may(pages: IndexAdmin, request: HttpRequest, index: Index | None = None) -> bool:
        return index is not None and index.pk != "default:products"

    client = visitor(superuser=True)
    assert "_reindex_all" in client.get(reverse(LIST)).content.decode()
    monkeypatch.setattr(IndexAdmin, "has_reindex_objects_permission", may)
    assert "_reindex_all" not in client.get(reverse(LIST)).content.decode()
    assert client.post(reverse(LIST), {"_reindex_all": "1"}).status_code == 403
    page = client.get(reverse("admin:elasticsearch_index_change", args=["default_3Aproducts"]))
    assert "Refresh…" not in page.content.decode()
    assert "Rebuild…" in page.content.decode()
    plan = reverse("admin:elasticsearch_index_refresh", args=["default_3Aproducts"])
    assert [client.get(plan).status_code, client.post(plan).status_code] == [403, 403]


def test_an_admin_without_actions_gets_none(
    products: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = visitor(*RIGHTS)
    assert 'value="reindex_selected"' in client.get(reverse(LIST)).content.decode()
    monkeypatch.setattr(site.get_model_admin(Product), "actions", None)
    assert 'value="reindex_selected"' not in client.get(reverse(LIST)).content.decode()


def test_a_get_of_the_button_does_nothing(stale: list[Product], es: Elasticsearch) -> None:
    url = f"{change_page(stale[0]).removesuffix('change/')}reindex/"
    response = visitor(*RIGHTS).get(url)
    assert response.status_code == 302
    assert names(es) == ["Trail shoe 0", "Trail shoe 1", "Trail shoe 2"]


def test_an_object_that_one_may_not_view_is_not_reindexed(
    stale: list[Product], es: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def may(request: HttpRequest, obj: Product | None = None) -> bool:
        return obj is None or obj.pk != stale[0].pk

    monkeypatch.setattr(site.get_model_admin(Product), "has_view_permission", may)
    url = f"{change_page(stale[0]).removesuffix('change/')}reindex/"
    assert visitor(*RIGHTS).post(url).status_code == 403
    assert names(es) == ["Trail shoe 0", "Trail shoe 1", "Trail shoe 2"]


@pytest.mark.parametrize("query", ["?id__exact=x", "?created_at__gte=never", "?is_active__exact=9"])
def test_a_list_made_up_by_hand_is_no_error(
    stale: list[Product], es: Elasticsearch, query: str
) -> None:
    data = {"_reindex_all": "1", "confirmed": "1"}
    response = visitor(*RIGHTS).post(reverse(LIST) + query, data)
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/shop/product/")


def test_a_read_only_connection_greys_them_out(
    stale: list[Product], es: Elasticsearch, settings: Settings
) -> None:
    server: dict[str, Any] = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {"default": {**server, "READONLY": True}}
    client = visitor(superuser=True)
    listed = client.get(reverse(LIST)).content.decode()
    assert listed.count('class="esa-off" title="The connection is read-only."') == 2
    assert "reindex_selected" not in listed
    page = client.get(change_page(stale[0])).content.decode()
    assert page.count('class="esa-off" title="The connection is read-only."') == 1
    url = f"{change_page(stale[0]).removesuffix('change/')}reindex/"
    for address, data in ((url, {}), (reverse(LIST), {"_reindex_all": "1", "confirmed": "1"})):
        text = words(client.post(address, data, follow=True).content.decode())
        assert "The connection is read-only." in text
        assert "written to the index" not in text
    assert not OutboxEntry.objects.exists()


def test_any_number_of_objects(products: list[Product], es: Elasticsearch) -> None:
    """More than go into one statement, or into one transaction's own drain."""
    Product._base_manager.bulk_create(
        Product(sku=f"B-{number}", name="Boot", price="1", category=products[0].category)
        for number in range(2_100)
    )
    data = {"_reindex_all": "1", "confirmed": "1"}
    response = visitor(*RIGHTS).post(reverse(LIST), data, follow=True)
    assert "2,000 objects were written to the index. 103 objects wait" in words(
        response.content.decode()
    )
    alias = get_definition("products").alias
    es.indices.refresh(index=alias)
    # Three of the 2,000 that are written at once were there before.
    assert es.count(index=alias)["count"] in (2_000, 2_003)
    assert OutboxEntry.objects.count() == 103
