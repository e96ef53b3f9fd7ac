"""Limits of every answer in time and size, and of where a request goes: both engines."""

import gzip
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any
from urllib.parse import urlsplit

import pytest
from elastic_transport import ConnectionError as ClientConnectionError
from elastic_transport import ConnectionTimeout, RequestsHttpNode, SerializationError
from elasticsearch import Elasticsearch

from django_es_admin import ConnectionHandler
from django_es_admin.backends import elasticsearch as backends
from django_es_admin.backends.abstracts import Base
from django_es_admin.backends.errors import translated
from django_es_admin.backends.health import for_each, in_time, probe
from django_es_admin.backends.transport.answers import AnswerExceededError
from django_es_admin.backends.transport.deadline import Deadline, current_deadline, until
from django_es_admin.exceptions import (
    AnswerTooLarge,
    ConnectionTimedOut,
    ConnectionUnavailable,
    NotElasticsearch,
)
from tests.servers import Answer, answering, hanging, refusing_port, standing_between, streaming

ENGINES = ["SimpleHttpBackend", "SimpleRequestsHttpBackend"]
LIMIT = 1_000_000
WITHOUT_END = 15.0
"""Seconds: more than a busy machine needs, and less than a drip takes, which never ends."""


class OwnNode(RequestsHttpNode):
    """Of a project: it reads as Elastic's does."""


class OwnBackend(backends.BaseElasticsearchBackend):
    connection_class = OwnNode


def connection_to(url: str | list[str], engine: str = ENGINES[0], **params: Any) -> Base:
    path = f"django_es_admin.backends.elasticsearch.{engine}"
    if engine == "OwnBackend":
        path = f"{__name__}.OwnBackend"
    hosts = [url] if isinstance(url, str) else url
    server = {"HOSTS": hosts, "ENGINE": path, "MAX_ANSWER_BYTES": LIMIT, "PARAMS": params}
    return ConnectionHandler({"default": server}, {})["default"]


def head(*lines: str, status: str = "200 OK") -> bytes:
    said = ["X-Elastic-Product: Elasticsearch", "Content-Type: application/json", *lines]
    return "\r\n".join([f"HTTP/1.1 {status}", *said, "", ""]).encode()


def seconds_of(ask: Callable[[], object], kind: type[Exception]) -> float:
    started = time.monotonic()
    with pytest.raises(kind):
        ask()
    return time.monotonic() - started


# Time


def drops_of_the_head() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX-Long: "
    yield from repeat(b"x")


def drops_of_lines() -> Iterator[bytes]:
    yield from repeat(b"HTTP/1.1 100 Continue\r\n\r\n")


def drops_of_the_body() -> Iterator[bytes]:
    yield head("Content-Length: 100000")
    yield from repeat(b" ")


def drops_of_chunks() -> Iterator[bytes]:
    yield head("Transfer-Encoding: chunked")
    yield from repeat(b"1\r\n \r\n")


def drops_of_a_trailer() -> Iterator[bytes]:
    yield head("Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n"
    yield from repeat(b"X-More: x\r\n")


def drops_without_a_length() -> Iterator[bytes]:
    yield head()
    yield from repeat(b" ")


DRIPS = [
    drops_of_the_head,
    drops_of_lines,
    drops_of_the_body,
    drops_of_chunks,
    drops_of_a_trailer,
    drops_without_a_length,
]


@pytest.mark.few(4)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("drip", DRIPS)
def test_an_answer_that_drips_ends_with_the_time_of_its_request(
    engine: str, drip: Callable[[], Iterator[bytes]]
) -> None:
    with streaming(drip, pause=0.05) as url:
        connection = connection_to(url, engine, request_timeout=0.4)
        assert 0.35 < seconds_of(connection.info, ConnectionTimeout) < WITHOUT_END


@pytest.mark.few(4)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("drip", DRIPS)
def test_an_answer_that_drips_ends_with_the_deadline(
    engine: str, drip: Callable[[], Iterator[bytes]]
) -> None:
    with streaming(drip, pause=0.05) as url:
        connection = connection_to(url, engine, request_timeout=None)
        with until(Deadline(0.4)):
            assert seconds_of(connection.info, ConnectionTimeout) < WITHOUT_END


@pytest.mark.parametrize("engine", [*ENGINES, "OwnBackend"])
def test_one_deadline_for_many_requests(engine: str) -> None:
    with hanging() as one, hanging() as other:
        connection = connection_to([one, other], engine, max_retries=5, retry_on_timeout=True)
        with until(Deadline(0.5)):
            spent = seconds_of(connection.info, ConnectionTimeout)
            spent += seconds_of(connection.info, ConnectionTimeout)
            spent += seconds_of(lambda: connection.writer(30).info(), ConnectionTimeout)
    assert 0.45 < spent < WITHOUT_END


def test_nothing_is_sent_after_the_deadline(es: Elasticsearch) -> None:
    asked = []
    [node] = es.transport.node_pool.all()
    with standing_between(node.base_url, lambda *request: asked.append(request)) as url:
        with until(Deadline(0)), pytest.raises(ConnectionTimeout):
            connection_to(url).info()
        assert asked == []
        connection_to(url).info()
        assert len(asked) == 1


def test_the_first_to_end_counts() -> None:
    with until(Deadline(1)) as outer:
        with until(Deadline(50)) as inner:
            assert inner is outer is current_deadline()
        with until(Deadline(0.1)) as inner:
            assert inner.remaining <= 0.1
    assert current_deadline() is None


@pytest.mark.parametrize("engine", ENGINES)
def test_a_pool_that_is_in_use_is_not_waited_for(engine: str) -> None:
    with hanging() as url:
        connection = connection_to(url, engine, connections_per_node=1, request_timeout=4)
        first = threading.Thread(
            target=lambda: seconds_of(connection.client.info, ConnectionTimeout)
        )
        first.start()
        time.sleep(0.2)
        with until(Deadline(0.3)):
            assert seconds_of(connection.info, ConnectionTimeout) < 3
        first.join()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_connection_that_was_given_up_is_not_used_again(es: Elasticsearch, engine: str) -> None:
    [node] = es.transport.node_pool.all()
    slow = iter([1, 0, 0])

    def wait(*request: Any) -> None:
        time.sleep(next(slow, 0))

    with standing_between(node.base_url, wait) as url:
        connection = connection_to(url, engine)
        with until(Deadline(0.3)), pytest.raises(ConnectionTimeout):
            connection.cat.health()
        assert "version" in connection.info()
        assert "version" in connection.info()


def test_a_deadline_holds_in_the_threads_that_ask() -> None:
    with hanging() as url, until(Deadline(0.3)):
        connections = [connection_to(url), connection_to(url)]
        started = time.monotonic()
        found = for_each(connections, lambda connection: probe(connection, Deadline(20)))
        assert time.monotonic() - started < WITHOUT_END
    assert [health.available for health in found] == [False, False]


@pytest.mark.parametrize("engine", ENGINES)
def test_no_thread_is_left_of_a_cluster_that_drips(engine: str) -> None:
    with streaming(drops_of_the_body, pause=0.05) as url:
        connection = connection_to(url, engine, request_timeout=30)
        for _ in range(5):
            deadline = Deadline(0.2)
            with pytest.raises(ConnectionTimedOut), translated(connection):
                in_time(connection, deadline, connection.client.info)
        time.sleep(0.3)
        assert [thread for thread in threading.enumerate() if thread.name == "ask default"] == []


def test_a_question_that_nothing_ends_is_the_only_one() -> None:
    connection = connection_to("http://127.0.0.1:9")
    answered = threading.Event()
    asked = []

    def ask() -> None:
        # As the look-up of a name, it knows no deadline.
        asked.append(1)
        answered.wait(10)

    for _ in range(5):
        with pytest.raises(ConnectionTimedOut):
            in_time(connection, Deadline(0.05), ask)
    assert len(asked) == 1
    answered.set()
    while any(thread.name == "ask default" for thread in threading.enumerate()):
        time.sleep(0.01)
    assert in_time(connection, Deadline(1), lambda: "again") == "again"


def ask_threads() -> int:
    return sum(thread.name == "ask default" for thread in threading.enumerate())


def in_tabs(tabs: int, ask: Callable[[], object]) -> list[str]:
    """Ask in as many threads as tabs; return the kind of each end."""

    def end() -> str:
        try:
            ask()
        except ConnectionTimedOut:
            return "timed out"
        return "answered"

    with ThreadPoolExecutor(tabs) as pool:
        return [future.result() for future in [pool.submit(end) for _ in range(tabs)]]


def test_five_tabs_leave_no_more_threads_than_five() -> None:
    """All begin at once, again and again, and what they ask does not end by itself."""
    connection = connection_to("http://127.0.0.1:9")
    gates: list[threading.Event] = []

    def wait() -> None:
        gate = threading.Event()
        gates.append(gate)
        gate.wait(20)

    try:
        for _ in range(4):
            ends = in_tabs(5, lambda: in_time(connection, Deadline(0.05), wait))
            assert ends == ["timed out"] * 5
            assert ask_threads() == len(gates) <= 5
        # One that ends is not all.
        before = len(gates)
        gates[-1].set()
        while ask_threads() == before:
            time.sleep(0.01)
        with pytest.raises(ConnectionTimedOut):
            in_time(connection, Deadline(0.05), wait)
        assert len(gates) == before
    finally:
        for gate in gates:
            gate.set()
    while ask_threads():
        time.sleep(0.01)
    assert in_time(connection, Deadline(1), lambda: "again") == "again"


@pytest.mark.parametrize("engine", ENGINES)
def test_five_tabs_of_a_cluster_that_drips(engine: str) -> None:
    with streaming(drops_of_the_body, pause=0.05) as url:
        connection = connection_to(url, engine, request_timeout=30)

        def ask() -> None:
            with translated(connection):
                in_time(connection, Deadline(0.2), connection.client.info)

        for _ in range(4):
            assert in_tabs(5, ask) == ["timed out"] * 5
        time.sleep(0.3)
        assert ask_threads() == 0


# Size


def blanks() -> Iterator[bytes]:
    yield head("Content-Length: 300000000")
    yield from repeat(b" " * 100_000)


def endless_chunks() -> Iterator[bytes]:
    yield head("Transfer-Encoding: chunked")
    yield from repeat(b"10000\r\n" + b" " * 65536 + b"\r\n")


def endless_without_a_length() -> Iterator[bytes]:
    yield head()
    yield from repeat(b" " * 65536)


def one_bomb() -> Iterator[bytes]:
    bomb = gzip.compress(b" " * 300_000_000, 9, mtime=0)
    yield head(f"Content-Length: {len(bomb)}", "Content-Encoding: gzip") + bomb


def bombs_in_a_row() -> Iterator[bytes]:
    yield head("Content-Encoding: gzip")
    yield from repeat(gzip.compress(b" " * 500_000, mtime=0))


def refusal_without_end() -> Iterator[bytes]:
    yield head(status="503 Service Unavailable")
    yield from repeat(b"x" * 65536)


def redirect_without_end() -> Iterator[bytes]:
    yield head("Location: /elsewhere", status="302 Found")
    yield from repeat(b"x" * 65536)


ENDLESS = [
    blanks,
    endless_chunks,
    endless_without_a_length,
    one_bomb,
    bombs_in_a_row,
    refusal_without_end,
    redirect_without_end,
]


@pytest.mark.few(5)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("endless", ENDLESS)
def test_an_answer_that_is_too_large(engine: str, endless: Callable[[], Iterator[bytes]]) -> None:
    pieces = list(endless()) if endless is one_bomb else None
    with streaming(lambda: pieces or endless()) as url:
        connection = connection_to(url, engine, request_timeout=20)
        tracemalloc.start()
        try:
            with pytest.raises(AnswerExceededError):
                connection.info()
            assert tracemalloc.get_traced_memory()[1] < 10 * LIMIT
        finally:
            tracemalloc.stop()
        with (
            pytest.raises(AnswerTooLarge, match="ask for less at once, or raise MAX_ANSWER_BYTES"),
            translated(connection),
        ):
            connection.client.info()


def test_a_node_of_ones_own_gives_no_answer_that_is_too_large() -> None:
    body = "[" + " " * LIMIT + "]"
    with (
        answering(200, body, "application/json", elasticsearch=True) as url,
        pytest.raises(AnswerExceededError),
    ):
        connection_to(url, "OwnBackend").info()


@pytest.mark.parametrize("engine", ENGINES)
def test_an_answer_that_fits(es: Elasticsearch, prefix: str, engine: str) -> None:
    [node] = es.transport.node_pool.all()
    text = "ä" * 300_000
    es.index(index=f"{prefix}large", id="1", document={"text": text})
    for compress in (True, False):
        connection = connection_to(node.base_url, engine, http_compress=compress)
        found = connection.get(index=f"{prefix}large", id="1")
        assert found["_source"] == {"text": text}
        # One answer after the other on one socket.
        assert connection.exists(index=f"{prefix}large", id="1")
        assert not connection.exists(index=f"{prefix}large", id="2")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"{}", mtime=0) + b"rubbish", "gzip"),
        (gzip.compress(b"{}", mtime=0)[:-3], "gzip"),
        (b"{}", "gzip"),
        (zlib.compress(b"{}"), "br"),
        (gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0), "gzip, gzip"),
    ],
    # The bytes of gzip have the time in them: no two workers would have the same test.
    ids=["followed", "cut", "plain", "zlib", "twice"],
)
def test_an_answer_that_cannot_be_decompressed(engine: str, body: bytes, encoding: str) -> None:
    answer = Answer(
        200, body, "application/json", elasticsearch=True, headers={"Content-Encoding": encoding}
    )
    with standing_between("http://127.0.0.1:9", lambda *request: answer) as url:
        connection = connection_to(url, engine)
        with pytest.raises(SerializationError):
            connection.info()
        with pytest.raises(NotElasticsearch), translated(connection):
            connection.client.info()


# Where it goes


@pytest.mark.few(5)
@pytest.mark.parametrize("engine", [*ENGINES, "OwnBackend"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(engine: str, status: int) -> None:
    went: list[Any] = []
    sent: list[Any] = []

    def arrive(*request: Any) -> Answer:
        went.append(request)
        return Answer(200, "{}", "application/json", elasticsearch=True)

    with standing_between("http://127.0.0.1:9", arrive) as elsewhere:
        port = urlsplit(elsewhere).port
        for location in (
            f"http://127.0.0.1:{port}/_bulk",
            f"http://localhost:{port}/_bulk",
            f"https://127.0.0.1:{port}/_bulk",
            f"//127.0.0.1:{port}/_bulk",
            "/_bulk",
            "?again",
        ):
            answer = Answer(status, "", headers={"Location": location})

            def redirect(*request: Any, answer: Answer = answer) -> Answer:
                sent.append(request)
                return answer

            with standing_between(elsewhere, redirect) as url:
                connection = connection_to(url, engine)
                for ask in (
                    lambda client: client.bulk(operations=[{"delete": {"_index": "a"}}]),
                    lambda client: client.options(max_retries=0).info(),
                ):
                    with pytest.raises(ConnectionUnavailable), translated(connection):
                        ask(connection.client)
    assert went == []
    assert len(sent) == 12


@pytest.mark.parametrize("engine", ENGINES)
def test_a_redirect_is_told(engine: str) -> None:
    with answering(307) as url:
        connection = connection_to(url, engine)
        with pytest.raises(NotElasticsearch, match="was answered 307"), translated(connection):
            connection.client.info()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_dead_server_is_told_as_before(engine: str) -> None:
    with refusing_port() as url, pytest.raises(ClientConnectionError):
        connection_to(url, engine).info()
