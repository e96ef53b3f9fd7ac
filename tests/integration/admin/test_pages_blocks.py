"""Pages of a connection that has indices whose metadata nobody may read."""

from html import unescape

import pytest
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

SPACE = "/admin/elasticsearch/connection/default/space/"


def test_each_page(products: list[Product], es: Elasticsearch, prefix: str) -> None:
    alias, other = get_definition("products").alias, f"{prefix}logs"
    [live] = es.indices.get_alias(index=alias, name=alias).body
    es.indices.create(index=other, settings={"number_of_replicas": 0})
    client = visitor(superuser=True)

    def removes(name: str) -> str:
        return f'PUT /{name}/_settings {{"index.blocks.metadata": null}}'

    def page(url: str, status: int = 200) -> str:
        response = client.get(url)
        assert response.status_code == status, url
        return unescape(words(response.content.decode()))

    with blocked(es, live, "metadata"), blocked(es, other, "metadata"):
        said = unescape(words(dashboard(client, unmanaged="1")))
        assert f"{live} has a metadata block" in said
        assert removes(live) in said
        assert removes(other) in said
        for name, key in ((live, "products"), (other, other)):
            first = page(reverse("admin:elasticsearch_index_change", args=[f"default_3A{key}"]))
            assert removes(name) in first
        for tab in TABS:
            if not tab.console:
                page(reverse(f"admin:{tab.url_name}", args=["default_3Aproducts"]))
        said = page(SPACE)
        assert removes(live) in said
        assert removes(other) in said
        for action in ACTIONS:
            url = reverse(f"admin:{action.url_name}", args=["default_3Aproducts"])
            query = f"?generation={live}" if action.name == "delete_generation" else ""
            said = page(f"{url}{query}")
            if action.name in ("rebuild", "delete_generation"):
                assert "has the block index.blocks.metadata" in said
                assert removes(live) in said
    assert "metadata block" not in unescape(words(dashboard(client, unmanaged="1")))
