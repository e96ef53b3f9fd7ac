"""Elasticsearch is out for 2,000 writes: none fails or waits long, and nothing is lost."""

import json
from collections.abc import Callable

import pytest

from tests.torture.processes import Environment
from tests.torture.proxy import Proxy
from tests.torture.times import INLINE_TIMEOUT

pytestmark = pytest.mark.slow

WRITES = 2_000
BREAKER_SECONDS = 2.0


def cut(proxy: Proxy) -> Callable[[], None]:
    """Refuse connections; return what ends it."""
    proxy.cut()
    return proxy.mend


def deafen(proxy: Proxy) -> Callable[[], None]:
    """Accept requests and never answer; return what ends it."""
    proxy.mode = "deaf"

    def hear() -> None:
        proxy.mode = "clean"

    return hear


@pytest.mark.parametrize("fail", [cut, deafen])
@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_no_write_fails_and_one_drain_brings_equality(
    vendor: str,
    fail: Callable[[Proxy], Callable[[], None]],
    environment: Environment,
    proxy: Proxy,
    seed: int,
) -> None:
    environment.pauses = ""
    environment.prepare()
    environment.run("tests.torture.settle")
    mend = fail(proxy)
    try:
        told = json.loads(
            environment.run(
                *("tests.torture.writes", f"--count={WRITES}", f"--seed={seed}"),
                seconds=300,
                TORTURE_BREAKER=str(BREAKER_SECONDS),
            )
        )
    finally:
        mend()
    assert told["writes"] == WRITES
    # One write in BREAKER_SECONDS tries the connection, and waits for INLINE_TIMEOUT at most.
    assert 0 < told["attempts"] <= told["seconds"] / BREAKER_SECONDS + 1
    assert told["patience"] <= INLINE_TIMEOUT

    dark = json.loads(environment.run("tests.torture.settle", "--seconds=0"))
    assert len(dark["left"]) > WRITES
    assert dark["differences"]

    environment.run("django", "es_drain", "--once", seconds=300, TORTURE_BULK="1000")
    report = json.loads(environment.run("tests.torture.settle", "--seconds=0"))
    assert report["differences"] == {}
    assert [row for row in report["left"] if not row["delete_sent"]] == []
    assert report["documents"] > WRITES / 4
