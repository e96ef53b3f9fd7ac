"""Rebuilds by several processes, which are killed (kill -9) at random: nothing is lost."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.torture.conftest import ES_URL, VENDORS, Check
from tests.torture.processes import Environment, Process
from tests.torture.site import Site

WORKERS = 3
SECONDS_TO_LOAD = 6
"""About, of one that is not disturbed: so slow that somebody is at work whenever one is killed."""

SECONDS_AT_MOST = 400
KILLS = {"worker": 3, "rebuild": 3}

pytestmark = pytest.mark.slow


@pytest.fixture
def site(environment: Environment, seed: int, rows: int) -> Iterator[Site]:
    environment.rows, environment.indices = rows, "products,offers"
    environment.variables = {"TORTURE_PATIENCE": "30", "TORTURE_BULK": str(max(50, rows // 100))}
    with Site(environment, ES_URL, seed) as site:
        yield site


@pytest.mark.parametrize("vendor", VENDORS)
def test_workers_that_are_killed(
    vendor: str, site: Site, seed: int, rows: int, check: Check
) -> None:
    """One that is killed leaves its range to the others; where the first is, it is resumed."""
    chosen, killed = random.Random(seed), Counter[str]()
    words = (f"--workers={WORKERS}", f"--rate={rows / SECONDS_TO_LOAD / WORKERS:.0f}")
    rebuild = site.start("es_rebuild", *words)
    deadline = time.monotonic() + SECONDS_AT_MOST
    while killed != KILLS or rebuild.status() != 0 or "is live" not in rebuild.output():
        assert time.monotonic() < deadline, f"{killed}: {rebuild.output()}\n{rebuild.errors()}"
        if rebuild.status() is not None:
            # Killed, or done before enough were.
            resumed = ("--resume",) if rebuild.status() == -signal.SIGKILL else ()
            rebuild = site.start("es_rebuild", *resumed, *words)
        time.sleep(chosen.uniform(0.1, 1))
        if killed != KILLS:
            _kill(rebuild, chosen, killed)
    # They write for as long as it takes, and categories are deleted with their products.
    check(site.close(), share=0.1)


def _kill(rebuild: Process, chosen: random.Random, killed: Counter[str]) -> None:
    """Kill one of the processes that load, or the one that rebuilds, as long as some are wanted."""
    who = chosen.choice([one for one, count in KILLS.items() if killed[one] < count])
    workers = _children(rebuild.pid)
    if "load" not in rebuild.output() or not workers:
        return
    if who == "rebuild":
        rebuild.kill()
    else:
        with suppress(ProcessLookupError):
            os.kill(chosen.choice(workers), signal.SIGKILL)
    killed[who] += 1


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
