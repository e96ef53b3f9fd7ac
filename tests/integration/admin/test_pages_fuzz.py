"""Answers of a cluster with missing or wrong keys: no page fails with a traceback."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Product

from tests import servers

from .visitors import visitor

pytestmark = pytest.mark.django_db

INDEX = "default_3Aproducts"
NONSENSE = (None, {}, [], "", 0, -1, 10**22, True, "nonsense", [{}], {"a": {}}, 1.5)
PLACES, ROUNDS = 6, 2


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where each part of an answer is, the whole first."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for number in range(min(len(value), 2)):
            yield from places(value[number], (*path, number))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return an answer with another value at one place; without it for ``...``."""
    if not path:
        return {} if new is ... else new
    value = dict(value) if isinstance(value, dict) else list(value)
    head, rest = path[0], path[1:]
    if not rest and new is ...:
        del value[head]
    else:
        value[head] = changed(value[head], rest, new)
    return value


class Between:
    """Passes requests on; changes the answer to one of them."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.answers: list[tuple[str, Any]] = []
        self.change: tuple[int, tuple[Any, ...], Any] | None = None
        self._real = Elasticsearch(target)

    def reply(self, method: str, path: str, sent: bytes) -> servers.Answer | None:
        headers = {"content-type": "application/json", "accept": "application/json"}
        if "_msearch" in path or "_bulk" in path:
            headers["content-type"] = "application/x-ndjson"
        answer = self._real.transport.perform_request(
            method, path, body=sent or None, headers=headers
        )
        number = len(self.answers)
        body = answer.body
        self.answers.append((path, body))
        if self.change and self.change[0] == number:
            body = changed(body, *self.change[1:])
        return servers.Answer(
            answer.meta.status, json.dumps(body), "application/json", elasticsearch=True
        )


PAGES = {
    "dashboard": ("admin:app_list", ""),
    "unmanaged": ("admin:app_list", "?unmanaged=1&hidden=1"),
    "overview": ("admin:elasticsearch_index_change", ""),
    "mapping": ("admin:elasticsearch_index_mapping", ""),
    "documents": ("admin:elasticsearch_index_documents", "?q=lamp"),
    "compare": ("admin:elasticsearch_index_compare", "?key={key}"),
    "analyze": ("admin:elasticsearch_index_analyze", "?text=a+b"),
    "generations": ("admin:elasticsearch_index_generations", ""),
    "rebuild": ("admin:elasticsearch_index_rebuild", ""),
    "swap": ("admin:elasticsearch_index_swap", ""),
    "prune": ("admin:elasticsearch_index_prune", ""),
}


@pytest.fixture
def between(products: list[Product], es: Elasticsearch, settings: Settings) -> Iterator[Between]:
    [node] = es.transport.node_pool.all()
    between = Between(node.base_url)
    with servers.standing_between(node.base_url, between.reply) as url:
        server = settings.ES_SERVERS["default"]
        settings.ES_SERVERS = {"default": {**server, "HOSTS": [url]}}
        yield between


@pytest.mark.parametrize("page", PAGES)
def test_a_page_survives_any_answer(between: Between, products: list[Product], page: str) -> None:
    client = visitor(superuser=True)
    name, query = PAGES[page]
    args = ["elasticsearch"] if name == "admin:app_list" else [INDEX]
    url = reverse(name, args=args) + query.format(key=products[0].pk)
    assert client.get(url).status_code == 200
    recorded = list(between.answers)
    assert recorded
    chance = random.Random(page)  # noqa: S311 (the same for each run)
    for number, (path, body) in enumerate(recorded):
        every = list(places(body))
        for place in chance.sample(every, min(len(every), PLACES)):
            for new in (..., *chance.sample(NONSENSE, ROUNDS)):
                between.answers.clear()
                between.change = (number, place, new)
                assert client.get(url).status_code < 500, (path, place, new)
