"""The dashboard of many indices on three connections, one of them dead: in time, in few steps."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from elasticsearch import Elasticsearch
from pytest_django import Settings

from django_es_admin.admin.pages.overview.dashboard import PER_PAGE
from tests import servers
from tests.attempts import noted_attempts

from .visitors import visitor

pytestmark = pytest.mark.django_db

SECONDS = 1.0
"""Of work for one page; the machine may be busy, so not by the clock on the wall."""

WAITING = 1.5
"""Seconds in which each connection must have answered, the dead one too."""


def names(number: int, count: int) -> list[str]:
    return [f"of{number}-index-{at:03}" for at in range(count)]


@pytest.fixture
def each(request: pytest.FixtureRequest, es: Elasticsearch, prefix: str) -> int:
    """How many indices each connection has; those of the two that answer are made."""
    count: int = request.param

    def create(name: str) -> None:
        es.options(request_timeout=60).indices.create(
            index=f"{prefix}{name}-20261121072512-3f9a",
            aliases={f"{prefix}{name}": {}},
            settings={"number_of_replicas": 0, "number_of_shards": 1},
            wait_for_active_shards=0,
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create, names(1, count) + names(2, count)))
    return count


@contextmanager
def three_connections(
    es: Elasticsearch, prefix: str, settings: Settings, count: int, asked: Counter[str]
) -> Iterator[None]:
    """Declare as many indices on each of two live connections and a dead one."""
    [node] = es.transport.node_pool.all()

    def watch(method: str, path: str, sent: bytes) -> None:
        asked[re.sub(r"\?.*", "", path)[:20]] += 1

    with servers.hanging() as dead, servers.standing_between(node.base_url, watch) as url:
        hosts = {1: url, 2: url, 3: dead}
        settings.ES_ADMIN = {}
        settings.ES_SERVERS = {
            "default": {"HOSTS": [url], "INDEX_PREFIX": prefix},
            **{
                f"server-{number}": {
                    "HOSTS": [host],
                    "INDEX_PREFIX": prefix,
                    "INDICES": names(number, count),
                }
                for number, host in hosts.items()
            },
        }
        settings.ES_INDICES = {name: {} for number in hosts for name in names(number, count)}
        yield


@pytest.mark.in_ci
@pytest.mark.parametrize("each", [30, pytest.param(100, marks=pytest.mark.slow)], indirect=True)
def test_many_indices_and_a_dead_connection(
    es: Elasticsearch, prefix: str, settings: Settings, each: int
) -> None:
    # Who may do everything is shown most.
    client = visitor(superuser=True)
    url = reverse("admin:app_list", args=["elasticsearch"])
    requests, queries = [], []
    for count in (3, each):
        asked: Counter[str] = Counter()
        with three_connections(es, prefix, settings, count, asked):
            # What is counted must be all of it, however busy the machine is.
            settings.ES_ADMIN = {"PAGE_TIMEOUT": 3}
            # The first one opens the connections, and reads the templates.
            client.get(url)
            asked.clear()
            with CaptureQueriesContext(connection) as captured:
                text = client.get(url, {"q": "index"}).content.decode()
            settings.ES_ADMIN = {}
            asked_once, queries_once = asked.total(), len(captured)
            began = time.thread_time()
            with noted_attempts() as attempts:
                assert client.get(url).status_code == 200
            worked = time.thread_time() - began
        requests.append(asked_once)
        queries.append(queries_once)
        assert f"{3 * count} indices" in text
        assert "did not answer in time" in text
    # One page of them, each with what the cluster says of it.
    assert text.count("…-3f9a") == PER_PAGE
    assert requests[0] == requests[1]
    assert queries[0] == queries[1]
    assert worked < SECONDS
    # The dead one costs no more than the page's second, as it is asked beside the others.
    assert attempts.most_at_once > 1
    assert attempts.longest < WAITING
    # As it was silent before, the page does not wait for it as long as for the others.
    assert min(attempt.seconds for attempt in attempts.all) < SECONDS / 2
