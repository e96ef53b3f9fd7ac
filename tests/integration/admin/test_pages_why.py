"""The page that says why something is not found: who may open it, and what it tells."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch
from shop.models import Product

from django_es_admin.indices.definition import get_definition

from .visitors import anyone_who_may_look, visitor

pytestmark = pytest.mark.django_db(transaction=True)


def address(name: str = "default_3Aproducts") -> str:
    return reverse("admin:elasticsearch_index_why", args=[name])


def show(client: Client, **query: object) -> str:
    response = client.get(address(), query)
    assert response.status_code == 200
    html = response.content.decode()
    main = html[html.index("<main") : html.index("</main")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def test_the_sentence_comes_first(products: list[Product], es: Elasticsearch) -> None:
    client = anyone_who_may_look()
    text = show(client, key=products[0].pk, q="trail piano")
    assert "Not found: no searched field (" in text
    assert text.index("has “piano”.") < text.index("Word by word")
    assert "Found, as number " in show(client, key=products[0].pk, q="trail")
    service = show(client, key=products[0].pk, q="trail", search="ProductSearchService")
    assert "Filters of the search" in service
    assert "differs from the database" not in service
    alias = get_definition("products").alias
    es.update(index=alias, id=str(products[0].pk), doc={"price": 1.5}, refresh=True)
    assert "differs from the database" in show(client, key=products[0].pk, q="trail")


def test_without_a_key_or_with_a_search_that_is_none(products: list[Product]) -> None:
    client = anyone_who_may_look()
    assert "Word by word" not in show(client, q="<b>trail")
    assert "has no search of that name" in show(client, key=1, q="trail", search="Nope")
    assert client.get(address(), {"key": "x" * 513, "q": "x"}).status_code == 404
    assert client.get(address("default_3Anothing"), {"key": 1, "q": "x"}).status_code == 404
    assert client.post(address(), {"key": 1, "q": "x"}).status_code == 405


def test_who_may_not(products: list[Product]) -> None:
    query = {"key": str(products[0].pk), "q": "trail"}
    for client in (
        visitor(),
        visitor("shop.view_product"),
        visitor("elasticsearch.view_index"),
    ):
        assert client.get(address(), query).status_code == 403
    assert Client().get(address(), query).status_code == 302


def test_an_object_that_is_not_there_cannot_be_opened(products: list[Product]) -> None:
    client = visitor(superuser=True)
    links = [
        "open it" in client.get(address(), {"key": key, "q": "trail"}).content.decode()
        for key in (products[0].pk, "?o=1.-7", 10**9)
    ]
    assert links == [True, False, False]


def test_the_links_to_it(products: list[Product], es: Elasticsearch) -> None:
    client = visitor(superuser=True)
    change = client.get(reverse("admin:shop_product_change", args=[products[0].pk]))
    assert f"{address()}?key={products[0].pk}" in change.content.decode()
    listed = client.get(reverse("admin:shop_product_changelist"), {"q": "trail piano"})
    assert f"{address()}?q=trail+piano" in listed.content.decode()
    # Who may not open it sees no link.
    seller = visitor("shop.view_product")
    listed = seller.get(reverse("admin:shop_product_changelist"), {"q": "trail piano"})
    assert address() not in listed.content.decode()
