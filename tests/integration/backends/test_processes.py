"""Sixteen threads and forked children on one alias."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin import connection, connections

THREADS = 16
REQUESTS = 25


@pytest.fixture
def index(es: Elasticsearch, settings: Any, prefix: str) -> str:
    settings.ES_INDICES = {"threads": {}}
    settings.ES_SERVERS = {
        "default": {**settings.ES_SERVERS["default"], "INDICES": ["threads"]},
    }
    connection.client.indices.create(index=f"{prefix}threads")
    return f"{prefix}threads"


def in_child(work: Callable[[], object]) -> str:
    """Return what ``work`` gives in a forked process, as text."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, str(work()).encode())
        except BaseException as error:  # noqa: BLE001 (a child may not go on with the tests)
            os.write(writing, repr(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read().decode()
    os.waitpid(child, 0)
    return answer


def sockets() -> set[str]:
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            found.add(str(link.readlink()))
    return {target for target in found if target.startswith("socket:")}


def test_sixteen_threads_share_a_connection(index: str) -> None:
    connections.reset()
    barrier = threading.Barrier(THREADS)

    def write(thread: int) -> tuple[int, list[str]]:
        barrier.wait()
        results = [
            connections["default"].create(f"{thread}-{number}", {"thread": thread})["result"]
            for number in range(REQUESTS)
        ]
        return id(connections["default"].client), results

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(write, range(THREADS)))
    assert len({client for client, _ in answers}) == 1
    assert {result for _, results in answers for result in results} == {"created"}
    connection.refresh()
    assert connection.count()["count"] == THREADS * REQUESTS


@pytest.mark.usefixtures("index")
def test_forked_children_have_clients_and_sockets_of_their_own() -> None:
    held = connections["default"]
    held.client.info()
    parents = held.client
    of_parent = sockets()

    def work() -> str:
        own = connections["default"]
        results = [own.create(f"{os.getpid()}-{n}", {})["result"] for n in range(5)]
        # Somebody may have kept the connection itself: it does not share the parent's sockets.
        kept = held.client is not parents and held.count()["_shards"]["failed"] == 0
        new = bool(sockets() - of_parent)
        return f"{own is not held} {own.client is not parents} {kept} {new} {set(results)}"

    assert [in_child(work) for _ in range(4)] == ["True True True True {'created'}"] * 4
    assert held.client is parents
    held.refresh()
    assert held.count()["count"] == 20


@pytest.mark.usefixtures("index")
def test_options_outlive_a_fork() -> None:
    patient = connections["default"].options(request_timeout=7, ignore_status=404)
    parents = patient.client

    def work() -> str:
        found = patient.get("no-such")["found"]
        return f"{patient.client is parents} {found} {patient.client._request_timeout}"

    assert in_child(work) == "False False 7"
    assert patient.client is parents


@pytest.mark.usefixtures("index")
def test_a_fork_while_threads_ask() -> None:
    stop = threading.Event()

    def ask() -> int:
        asked = 0
        while not stop.is_set():
            connection.search()
            asked += 1
        return asked

    with ThreadPoolExecutor(THREADS) as pool:
        asking = [pool.submit(ask) for _ in range(THREADS)]
        try:
            answers = [in_child(lambda: connection.count()["count"]) for _ in range(4)]
        finally:
            stop.set()
    assert answers == ["0"] * 4
    assert all(future.result() for future in asking)
