"""PARAMS against servers that fail: how often, how long, and on which node a request is tried."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from elastic_transport import ConnectionError as ClientConnectionError
from elastic_transport import ConnectionTimeout, _node_pool
from elasticsearch import ApiError, BadRequestError, Elasticsearch

from django_es_admin import ConnectionHandler
from django_es_admin.backends.abstracts import Base
from tests.attempts import noted_attempts
from tests.servers import Answer, closing, hanging, refusing_port, standing_between

ENGINE = "django_es_admin.backends.elasticsearch."
ENGINES = [f"{ENGINE}SimpleHttpBackend", f"{ENGINE}SimpleRequestsHttpBackend"]
UNAVAILABLE = Answer(503, '{"error":{"type":"x","reason":"x"}}', "application/json", True)


def backend(hosts: list[str], engine: str = ENGINES[0], **params: Any) -> Base:
    """Return a connection that takes its nodes in order."""
    server = {
        "HOSTS": hosts,
        "ENGINE": engine,
        "PARAMS": {"randomize_nodes_in_pool": False, "request_timeout": 5, **params},
    }
    return ConnectionHandler({"default": server}, {})["default"]


@dataclass
class Clock:
    """What the client takes for the time."""

    now: float = 0.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which nodes are dead for a while."""
    clock = Clock()
    monkeypatch.setattr(_node_pool, "time", clock)
    return clock


class Requests:
    """Counts the requests that a proxy gets, and may answer in its place."""

    def __init__(self, answer: Callable[[int], Answer | None]) -> None:
        self.paths: list[str] = []
        self._answer = answer
        self._lock = threading.Lock()

    def __call__(self, method: str, path: str, sent: bytes) -> Answer | None:
        with self._lock:
            self.paths.append(path)
            number = len(self.paths)
        return self._answer(number)


@contextmanager
def counted(
    es: Elasticsearch, answer: Callable[[int], Answer | None] = lambda number: None
) -> Iterator[tuple[str, Requests]]:
    requests = Requests(answer)
    [node] = es.transport.node_pool.all()
    with standing_between(node.base_url, requests) as url:
        yield url, requests


def slow(number: int) -> None:
    time.sleep(0.6)


@pytest.mark.parametrize("engine", ENGINES)
def test_max_retries(es: Elasticsearch, engine: str) -> None:
    with counted(es, lambda number: UNAVAILABLE if number <= 3 else None) as (url, requests):
        assert "version" in backend([url], engine, max_retries=3).info()
        assert len(requests.paths) == 4
    with counted(es, lambda number: UNAVAILABLE) as (url, requests):
        with pytest.raises(ApiError, match="503"):
            backend([url], engine, max_retries=2).info()
        assert len(requests.paths) == 3


def test_an_invalid_request_is_not_repeated(es: Elasticsearch) -> None:
    with counted(es) as (url, requests):
        with pytest.raises(BadRequestError):
            backend([url], max_retries=5).search(index="x", query={"nonsense": {}})
        assert len(requests.paths) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_timeout(es: Elasticsearch, engine: str) -> None:
    with hanging() as url:
        connection = backend([url], engine, timeout=0.3)
        with noted_attempts() as attempts, pytest.raises(ConnectionTimeout):
            connection.info()
    assert [round(attempt.seconds, 1) for attempt in attempts.all] == [0.3]


def test_a_timeout_is_not_repeated_by_default(es: Elasticsearch) -> None:
    with counted(es, slow) as (url, requests):
        with pytest.raises(ConnectionTimeout):
            backend([url], timeout=0.2, max_retries=3).info()
        assert len(requests.paths) == 1


@pytest.mark.parametrize(("params", "times"), [({"max_retries": 2}, 3), ({}, 4)])
def test_retry_on_timeout(es: Elasticsearch, params: dict[str, int], times: int) -> None:
    with counted(es, slow) as (url, requests):
        with pytest.raises(ConnectionTimeout):
            backend([url], timeout=0.2, retry_on_timeout=True, **params).info()
        assert len(requests.paths) == times


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dead", [refusing_port, closing])
def test_one_dead_node_fails_no_read(
    es: Elasticsearch, dead: Callable[[], Any], engine: str, prefix: str
) -> None:
    es.indices.create(index=f"{prefix}a")
    [alive] = es.transport.node_pool.all()
    with dead() as url:
        for hosts in ([url, alive.base_url], [alive.base_url, url]) * 2:
            # A new connection does not know yet which of its nodes is dead.
            connection = backend(hosts, engine, dead_timeout=60)
            for _ in range(3):
                assert "version" in connection.info()
            connection = backend(hosts, engine, dead_timeout=60)
            assert connection.count(index=f"{prefix}a")["count"] == 0
            connection = backend(hosts, engine, dead_timeout=60)
            assert connection.client.search(index=f"{prefix}a")["hits"]["hits"] == []


def test_a_write_is_not_repeated(es: Elasticsearch, prefix: str) -> None:
    [alive] = es.transport.node_pool.all()
    with closing() as url:
        connection = backend([url, alive.base_url])
        with pytest.raises(ClientConnectionError):
            connection.index({"a": 1}, index=f"{prefix}a")
        # The dead node is known now.
        assert connection.index({"a": 1}, index=f"{prefix}a")["result"] == "created"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("params", [{}, {"max_retries": 0}, {"max_retries": 1}])
def test_a_write_that_no_node_got_is_sent_to_the_next(
    es: Elasticsearch, prefix: str, engine: str, params: dict[str, int]
) -> None:
    [alive] = es.transport.node_pool.all()
    with refusing_port() as one, refusing_port() as other:
        for number, hosts in enumerate(([one, alive.base_url], [one, other, alive.base_url])):
            # A new connection does not know yet which of its nodes are dead.
            connection = backend(hosts, engine, **params)
            index = f"{prefix}a{number}"
            assert connection.index({"a": 1}, index=index, id="1")["_version"] == 1
            writer = backend(hosts, engine, **params).writer(5)
            assert writer.index(index=index, id="1", document={})["_version"] == 2
        with noted_attempts() as attempts, pytest.raises(ClientConnectionError):
            backend([one, other], engine).index({"a": 1}, index=f"{prefix}a")
        assert len(attempts.all) == 2


def test_the_writing_client_repeats_nothing_whatever_params_say(
    es: Elasticsearch, prefix: str
) -> None:
    with counted(es, lambda number: UNAVAILABLE) as (url, requests):
        writer = backend([url], max_retries=5).writer(2)
        with pytest.raises(ApiError, match="503"):
            writer.index(index=f"{prefix}a", document={})
        assert len(requests.paths) == 1


def test_a_dead_node_is_left_alone_for_dead_timeout(es: Elasticsearch, clock: Clock) -> None:
    with counted(es, lambda number: UNAVAILABLE) as (bad, asked), counted(es) as (good, _):
        connection = backend([bad, good], dead_timeout=60, timeout_cutoff=0)
        for _ in range(6):
            connection.info()
        assert len(asked.paths) == 1
        clock.now += 59
        connection.info()
        assert len(asked.paths) == 1
        clock.now += 2
        for _ in range(4):
            connection.info()
        assert len(asked.paths) == 2


def test_the_pause_of_a_dead_node_stops_growing(es: Elasticsearch, clock: Clock) -> None:
    tried = []
    with counted(es, lambda number: UNAVAILABLE) as (bad, asked), counted(es) as (good, _):
        connection = backend([bad, good], dead_timeout=20, timeout_cutoff=1)
        # Half a second beside the pauses, so that nothing hangs on a rounding.
        for second in range(200):
            clock.now = second + 0.5 * (second > 0)
            before = len(asked.paths)
            connection.info()
            tried += [second] * (len(asked.paths) > before)
    # After 20 s, and then after 40 s each; without an end, 80 and 160 would follow.
    assert [round(later - earlier, -1) for earlier, later in pairwise(tried)] == [20, *[40] * 4]
