"""Databases that are copied for each run, and the namespace of each run."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from tests.torture.databases import Databases, PostgresDatabases, SQLiteDatabases
from tests.torture.processes import Environment
from tests.torture.proxy import Proxy
from tests.torture.times import LATEST

ES_URL = os.environ.get("ES_URL") or "http://127.0.0.1:9200"


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    databases = SQLiteDatabases(tmp_path_factory.mktemp("sqlite"))
    yield from _migrated(databases, tmp_path_factory.mktemp("migrate"))


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    yield from _migrated(PostgresDatabases(), tmp_path_factory.mktemp("migrate"))


def _migrated(databases: Databases, folder: Path) -> Iterator[Databases]:
    try:
        environment = Environment(databases.template, ES_URL, "test-", folder)
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
