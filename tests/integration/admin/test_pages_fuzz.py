"""Answers of a cluster with missing or wrong keys: no page fails with a traceback."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
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
FEW = 1, 1
MANY = 6, 2
"""How many places of each answer are changed, and how often each; of the few, only once."""
# Of an answer that most pages ask for: each page has places of its own.
SHARED_PLACES = 2


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


Request = tuple[str, str, bytes]


class Between:
    """Passes each request on once, and answers it the same from then on; changes one answer."""

    def __init__(self, target: str) -> None:
        self.answers: dict[Request, servers.Answer] = {}
        self.change: tuple[Request, tuple[Any, ...], Any] | None = None
        self._real = Elasticsearch(target)

    def reply(self, method: str, path: str, sent: bytes) -> servers.Answer | None:
        request = method, path, sent
        if request not in self.answers:
            headers = {"content-type": "application/json", "accept": "application/json"}
            if "_msearch" in path or "_bulk" in path:
                headers["content-type"] = "application/x-ndjson"
            answer = self._real.transport.perform_request(
                method, path, body=sent or None, headers=headers
            )
            self.answers[request] = servers.Answer(
                answer.meta.status, json.dumps(answer.body), "application/json", elasticsearch=True
            )
        found = self.answers[request]
        if self.change and self.change[0] == request:
            body = changed(json.loads(found.body), *self.change[1:])
            return replace(found, body=json.dumps(body))
        return found


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
    "terms": ("admin:elasticsearch_index_terms", "?field=brand"),
    "shards": ("admin:elasticsearch_index_shards", ""),
    "policies": ("admin:elasticsearch_index_policies", ""),
    "why": ("admin:elasticsearch_index_why", "?key={key}&q=lamp"),
    "space": ("admin:elasticsearch_connection_space", ""),
}


OTHERS = {"admin:app_list": "elasticsearch", "admin:elasticsearch_connection_space": "default"}
"""What pages are about that are not about an index."""


def is_shared(path: str) -> bool:
    """Whether the dashboard and most other pages ask for this."""
    names = ("/_cluster", "/_cat", "/_msearch", "/_mapping", "features=")
    return path == "/" or any(name in path for name in names)


@pytest.fixture
def between(products: list[Product], es: Elasticsearch, settings: Settings) -> Iterator[Between]:
    [node] = es.transport.node_pool.all()
    between = Between(node.base_url)
    with servers.standing_between(node.base_url, between.reply) as url:
        server = settings.ES_SERVERS["default"]
        settings.ES_SERVERS = {"default": {**server, "HOSTS": [url]}}
        yield between


@pytest.mark.parametrize(
    "extent", [FEW, pytest.param(MANY, marks=pytest.mark.slow)], ids=["few", "many"]
)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_survives_any_answer(
    between: Between, products: list[Product], page: str, extent: tuple[int, int]
) -> None:
    most, rounds = extent
    client = visitor(superuser=True)
    name, query = PAGES[page]
    args = [OTHERS.get(name, INDEX)]
    url = reverse(name, args=args) + query.format(key=products[0].pk)
    assert client.get(url).status_code == 200
    recorded = dict(between.answers)
    assert recorded
    chance = random.Random(page)  # noqa: S311 (the same for each run)
    for request, answer in recorded.items():
        every = list(places(json.loads(answer.body)))
        shared = page != "dashboard" and is_shared(request[1])
        count = min(most, SHARED_PLACES) if shared else most
        for place in chance.sample(every, min(len(every), count)):
            values = (..., *chance.sample(NONSENSE, rounds))
            for new in [chance.choice(values)] if extent == FEW else values:
                between.change = request, place, new
                assert client.get(url).status_code < 500, (request, place, new)
