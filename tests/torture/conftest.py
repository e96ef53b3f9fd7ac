"""Databases that are copied for each run, and the namespace of each run."""

import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from tests.torture.databases import (
    Databases,
    MariaDBDatabases,
    PostgresDatabases,
    SQLiteDatabases,
)
from tests.torture.processes import Environment
from tests.torture.proxy import Proxy
from tests.torture.site import SiteReport
from tests.torture.times import LATEST

ES_URL = os.environ.get("ES_URL") or "http://127.0.0.1:9200"
ROWS = int(os.environ.get("TORTURE_ROWS") or 10_000)
VENDORS = ("sqlite", "postgresql")

Check = Callable[..., None]


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    databases = SQLiteDatabases(tmp_path_factory.mktemp("sqlite"))
    yield from _migrated(databases, tmp_path_factory.mktemp("migrate"))


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    yield from _migrated(PostgresDatabases(), tmp_path_factory.mktemp("migrate"))


@pytest.fixture(scope="session")
def mysql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    yield from _migrated(MariaDBDatabases(), tmp_path_factory.mktemp("migrate"))


def _migrated(databases: Databases, folder: Path) -> Iterator[Databases]:
    try:
        # No triggers yet: they would be those of all indices, and note the data of a run.
        environment = Environment(databases.template, ES_URL, "test-", folder, capture="")
        environment.run("django", "migrate", "--verbosity=0")
        yield databases
    finally:
        databases.remove()


@pytest.fixture
def database(vendor: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a migrated database without data, of the vendor that the test names."""
    databases: Databases = request.getfixturevalue(vendor)
    with databases.copy() as url:
        yield url


@pytest.fixture
def torture_prefix() -> Iterator[str]:
    """What the indices of one test begin with; all of them are deleted after it."""
    prefix = f"test-{secrets.token_hex(4)}-"
    yield prefix
    with Elasticsearch(ES_URL) as client:
        made = client.indices.get(index=f"{prefix}*", expand_wildcards="all", features=["aliases"])
        if made.body:
            client.indices.delete(index=sorted(made.body))


@pytest.fixture
def seed() -> int:
    """What the test's choices follow from: TORTURE_SEED, or a fresh one."""
    return int(os.environ.get("TORTURE_SEED") or secrets.randbits(32))


@pytest.fixture
def proxy(seed: int) -> Iterator[Proxy]:
    with Proxy(ES_URL, seed=seed, patience=LATEST) as proxy:
        yield proxy


@pytest.fixture
def environment(
    database: str, proxy: Proxy, torture_prefix: str, tmp_path: Path, seed: int
) -> Environment:
    return Environment(database, proxy.url, torture_prefix, tmp_path, pauses=str(seed))


@pytest.fixture
def rows(request: pytest.FixtureRequest) -> int:
    """How many products there are: a test parametrized by steps takes no more than 10,000."""
    return min(ROWS, 10_000) if "step" in request.fixturenames else ROWS


@pytest.fixture
def check(request: pytest.FixtureRequest, seed: int, rows: int) -> Check:
    """Assert that nothing was lost, and that nobody who searched noticed.

    ``share`` of the documents at least is there to be compared: those who write also delete.
    """
    again = f"again: TORTURE_SEED={seed} python -m pytest '{request.node.nodeid}'"

    def check(report: SiteReport, *, searched: bool = True, share: float = 0.5) -> None:
        if path := os.environ.get("TORTURE_LOG"):
            numbers = asdict(report) | {"differences": len(report.differences), "told": ""}
            with Path(path).open("a") as file:
                file.write(f"{json.dumps({'test': request.node.name, 'seed': seed} | numbers)}\n")
        assert report.differences == {}, f"{json.dumps(report.differences, indent=1)}\n{again}"
        assert report.left == [], f"{report.told}\n{again}"
        assert sum(report.changes.values()) > 20
        assert report.documents > rows * share
        if searched:
            assert report.failures == [], again
            assert report.searches > 20
            assert report.fewest > rows * share, again

    return check
