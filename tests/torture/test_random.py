"""Random changes under faults and kills: at quiescence the index equals the database.

TORTURE_SEEDS is the number of runs per database, each with a fresh seed; TORTURE_SEED repeats one.
TORTURE_LOG is a file to which each run adds a line of JSON.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.torture.conftest import ES_URL
from tests.torture.processes import Environment, ProcessFailed
from tests.torture.proxy import Proxy
from tests.torture.run import Report, Run

SEEDS = os.environ.get("TORTURE_SEEDS")
RUNS = 1 if os.environ.get("TORTURE_SEED") else int(SEEDS or 1)


# `make test` makes one of each database.
pytestmark = [pytest.mark.slow] if SEEDS else []


@pytest.mark.parametrize("number", range(1, RUNS + 1))
@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_the_index_equals_the_database(
    vendor: str, number: int, environment: Environment, proxy: Proxy, seed: int
) -> None:
    again = f"again: TORTURE_SEED={seed} make torture PYTEST_ARGS='-k {vendor}'"
    try:
        report = Run(environment, proxy, ES_URL, seed).torture()
    except ProcessFailed as error:
        pytest.fail(f"{error}\n{again}", pytrace=False)
    log(vendor, seed, report)
    assert report.differences == {}, f"{json.dumps(report.differences, indent=1)}\n{again}"
    assert report.left == [], f"{report.told}\n{again}"
    assert_it_was_torture(report)


def log(vendor: str, seed: int, report: Report) -> None:
    """Keep the numbers of a run for whoever wants to look at them."""
    path = os.environ.get("TORTURE_LOG")
    if path:
        with Path(path).open("a") as file:
            numbers = asdict(report) | {"differences": len(report.differences), "told": ""}
            file.write(f"{json.dumps({'vendor': vendor, 'seed': seed} | numbers)}\n")


def assert_it_was_torture(report: Report) -> None:
    """A run in which nothing happens proves nothing."""
    assert report.documents > 0
    assert report.kills > 0
    assert sum(report.sabotage.values()) > 0
    assert sum(report.changes.values()) > 20
    assert sum(report.faults.values()) > report.faults["pass"]
