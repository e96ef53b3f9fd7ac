"""Pages of a connection that has blocked indices."""

from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch
from shop.models import Product

from django_es_admin.admin.pages.index.tabs import TABS
from django_es_admin.admin.pages.operations.actions import ACTIONS
from django_es_admin.indices.definition import get_definition
from tests.blocks import blocked

from .test_pages_dashboard import dashboard, words
from .visitors import visitor

pytestmark = pytest.mark.django_db

KEY = "default_3Aproducts"
SPACE = "/admin/elasticsearch/connection/default/space/"


def removes(name: str, block: str = "metadata") -> str:
    return f'PUT /{name}/_settings {{"index.blocks.{block}": null}}'


def page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return unescape(words(response.content.decode()))


def open_tabs(client: Client) -> None:
    for tab in TABS:
        if not tab.console:
            page(client, reverse(f"admin:{tab.url_name}", args=[KEY]))


@pytest.fixture
def live(products: list[Product], es: Elasticsearch) -> str:
    alias = get_definition("products").alias
    [name] = es.indices.get_alias(index=alias, name=alias).body
    return str(name)


def test_metadata_that_nobody_may_read(live: str, es: Elasticsearch, prefix: str) -> None:
    client, other = visitor(superuser=True), f"{prefix}logs"
    es.indices.create(index=other, settings={"number_of_replicas": 0})
    with blocked(es, live, "metadata"), blocked(es, other, "metadata"):
        said = unescape(words(dashboard(client, unmanaged="1")))
        assert f"{live} has a metadata block" in said
        for text in (said, page(client, SPACE)):
            assert removes(live) in text
            assert removes(other) in text
        for name, key in ((live, KEY), (other, f"default_3A{other}")):
            url = reverse("admin:elasticsearch_index_change", args=[key])
            assert removes(name) in page(client, url)
        open_tabs(client)
        for action in ACTIONS:
            url = reverse(f"admin:{action.url_name}", args=[KEY])
            query = f"?generation={live}" if action.name == "delete_generation" else ""
            said = page(client, f"{url}{query}")
            if action.name in ("rebuild", "delete_generation"):
                assert "has the block index.blocks.metadata" in said
                assert removes(live) in said
    assert "metadata block" not in unescape(words(dashboard(client, unmanaged="1")))


@pytest.mark.parametrize("block", ["read", "read_only_allow_delete"])
def test_other_blocks(live: str, es: Elasticsearch, block: str) -> None:
    client = visitor(superuser=True)
    with blocked(es, live, block):
        assert removes(live, block) in unescape(words(dashboard(client)))
        open_tabs(client)
