"""What the console says that searches send is what they send."""

import json
import re
import shlex
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Product
from shop.search import ProductSearchService

from tests import servers

from .test_pages_dashboard import words
from .visitors import visitor

pytestmark = pytest.mark.django_db
CONSOLE = reverse("admin:elasticsearch_index_console", args=["default_3Aproducts"])
RIGHTS = ("elasticsearch.view_index", "elasticsearch.search_index", "shop.view_product")

Seen = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def seen(products: list[Product], es: Elasticsearch, settings: Settings) -> Iterator[Seen]:
    """The searches that reach the cluster, each with its address and body."""
    found: Seen = []
    [node] = es.transport.node_pool.all()

    def watch(method: str, path: str, sent: bytes) -> None:
        if "/_search" in path:
            found.append((unquote(path), json.loads(sent)))

    with servers.standing_between(node.base_url, watch) as url:
        server = {**settings.ES_SERVERS["default"], "HOSTS": [url]}
        settings.ES_SERVERS = {"default": server}
        yield found


def said(client: Client, text: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return title of each search -> address and body, as the console shows them."""
    html = client.post(CONSOLE, {"words": text}).content.decode()
    shown = re.findall(
        r'<pre id="sent-\d+"[^>]* aria-label="([^"]*)">POST (\S+)\n(.*?)</pre>', html, re.DOTALL
    )
    return {title: (unescape(path), json.loads(unescape(body))) for title, path, body in shown}


def asked(request: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Leave out what a moment decides: the time that is left."""
    path, body = request
    return unquote(path).removeprefix("/"), {k: v for k, v in body.items() if k != "timeout"}


@pytest.mark.few(3)
@pytest.mark.parametrize(
    "text", ["trail", "Trail shoe 1", "it's <b>", "stoney paths", "-5", "a b c"]
)
def test_it_is_what_they_send(seen: Seen, text: str) -> None:
    client = visitor(superuser=True)
    shown = said(client, text)
    seen.clear()
    assert client.get(reverse("admin:shop_product_changelist"), {"q": text}).status_code == 200
    assert asked(seen[0]) == asked(shown["the search box of the list"])
    seen.clear()
    ProductSearchService().answer({"q": text})
    assert asked(seen[0]) == asked(shown["ProductSearchService"])


def test_nothing_is_sent_and_nothing_logged(seen: Seen) -> None:
    client = visitor(*RIGHTS)
    seen.clear()
    assert "ProductSearchService" in said(client, "lamp")
    assert not [path for path, body in seen if "lamp" in json.dumps(body)]
    assert said(client, "  ") == {}
    # A link shows nothing for somebody's words.
    assert "lamp" not in client.get(CONSOLE, {"words": "lamp"}).content.decode()


def test_the_line_for_a_terminal(products: list[Product]) -> None:
    html = visitor(*RIGHTS).post(CONSOLE, {"words": "it's"}).content.decode()
    line = re.search(r'<pre id="sent-curl-1"[^>]*>(.*?)</pre>', html, re.DOTALL)
    assert line
    curl = shlex.split(unescape(line[1]))
    assert curl[:3] == ["curl", "-X", "POST"]
    assert "/_search?" in curl[3]
    assert "it's" in json.dumps(json.loads(curl[-1]))


def test_words_that_a_search_does_not_take(products: list[Product]) -> None:
    html = visitor(*RIGHTS).post(CONSOLE, {"words": "price:>cheap"}).content.decode()
    assert "Nothing is sent:" in words(html)
    # The others take them.
    assert 'aria-label="ProductSearchService">POST' in html


@pytest.mark.parametrize("missing", RIGHTS)
def test_it_takes_the_rights_of_the_console(products: list[Product], missing: str) -> None:
    client = visitor(*(right for right in RIGHTS if right != missing))
    assert client.post(CONSOLE, {"words": "lamp"}).status_code == 403
