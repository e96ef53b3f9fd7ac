"""One object: what is indexed, beside what would be indexed now."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch
from shop.models import Product

from django_es_admin.indices.definition import get_definition
from django_es_admin.models import Operation, OutboxEntry

from .visitors import anyone_who_may_look, visitor

pytestmark = pytest.mark.django_db(transaction=True)


def address(key: object) -> str:
    return f"{reverse('admin:elasticsearch_index_compare', args=['default_3Aproducts'])}?key={key}"


def show(key: object, client: Client | None = None) -> str:
    response = (client or anyone_who_may_look()).get(address(key))
    assert response.status_code == 200
    html = response.content.decode()
    main = html[html.index("<main") : html.index("</main")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def test_what_is_up_to_date(products: list[Product]) -> None:
    text = show(products[0].pk)
    assert "indexed, and up to date written " in text
    assert "differs" not in text


def test_fields_that_differ_come_first(products: list[Product]) -> None:
    Product._base_manager.filter(pk=products[0].pk).update(price="1.50")
    OutboxEntry.objects.create(connection="default", index="products", key=str(products[0].pk))
    text = show(products[0].pk)
    assert "Field Indexed Would be indexed price differs 99.5 1.5 " in text
    assert text.count(" differs ") == 2
    assert "A change to it waits in the outbox." in text


def test_one_that_is_on_one_side_only(products: list[Product], es: Elasticsearch) -> None:
    alias = get_definition("products").alias
    es.delete(index=alias, id=str(products[0].pk))
    assert "not indexed" in show(products[0].pk)
    es.index(index=alias, id="99999", document={"name": "a ghost"})
    assert "a ghost" in show("99999")
    assert "not indexed, and does not belong in the index" in show("88888")


def test_reindex_this_mends_either_way(products: list[Product], es: Elasticsearch) -> None:
    alias = get_definition("products").alias
    es.index(index=alias, id="99999", document={"name": "a ghost"})
    Product._base_manager.filter(pk=products[0].pk).update(name="Renamed")
    client = visitor(superuser=True)
    for key in (products[0].pk, 99999):
        assert client.post(address(key)).status_code == 302
    assert es.get(index=alias, id=str(products[0].pk))["_source"]["name"] == "Renamed"
    assert not es.exists(index=alias, id="99999")
    kinds = Operation.objects.order_by("-pk").values_list("kind", "who", "state")[:2]
    assert list(kinds) == [("reindex", "visitor-0", "done")] * 2


@pytest.mark.parametrize("key", ["", "x" * 513, "a%00b"])
def test_what_is_no_key(products: list[Product], key: str) -> None:
    assert anyone_who_may_look().get(address(key)).status_code == 404


@pytest.mark.parametrize("key", ["x", "9" * 40, "%3Cscript%3E", "1%2F2"])
def test_keys_that_no_object_can_have(products: list[Product], key: str) -> None:
    assert "not indexed" in show(key)


@pytest.mark.parametrize(
    ("here", "there"), [("a\r\nb", "a\nb"), ("a\nb", "a\r\nb"), ("a\rb", "a\nb")]
)
def test_line_ends_alone_are_no_difference(
    products: list[Product], es: Elasticsearch, here: str, there: str
) -> None:
    alias = get_definition("products").alias
    key = str(products[0].pk)
    Product._base_manager.filter(pk=key).update(description=here)
    source = es.get(index=alias, id=key)["_source"]
    es.index(index=alias, id=key, document={**source, "description": there})
    text = show(key)
    assert "indexed, and up to date" in text
    assert "differs" not in text
    es.index(index=alias, id=key, document={**source, "description": there + " "})
    assert "description differs" in show(key)
