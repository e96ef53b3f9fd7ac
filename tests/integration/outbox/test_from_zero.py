"""`migrate` from an empty database, with data migrations of an app that comes before ours."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from elasticsearch import Elasticsearch

from tests import forks

ROOT = Path(__file__).parents[3]
PROJECT = ROOT / "tests" / "zero_project"
POSTGRES_URL = os.environ.get("POSTGRES_URL") or (
    "postgres://django_es_admin@127.0.0.1:54329/postgres"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, prefix: str) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/zero.sqlite3"
        return
    name = f"{prefix.replace('-', '_')}zero"
    with psycopg.connect(POSTGRES_URL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield f"{POSTGRES_URL.rpartition('/')[0]}/{name}"
        server.execute(f"DROP DATABASE {name}")


Manage = Callable[..., str]

SEVERAL = """
import sys, django
from django.core.management import call_command
django.setup()
for line in sys.argv[1:]:
    call_command(*line.split())
"""


@pytest.fixture
def manage(database: str, es: Elasticsearch, prefix: str) -> Manage:
    """Run management commands of the project, one after the other; return what they say."""
    [node] = es.transport.node_pool.all()

    def manage(*lines: str, **more: str) -> str:
        ran = forks.run(
            ["-c", SEVERAL, *lines],
            folder=PROJECT,
            environment={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "PYTHONDONTWRITEBYTECODE": "1",
                "DJANGO_SETTINGS_MODULE": "settings",
                "DATABASE_URL": database,
                "ES_URL": node.base_url,
                "INDEX_PREFIX": prefix,
                **more,
            },
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    return manage


def books(es: Elasticsearch, prefix: str) -> dict[str, dict[str, Any]]:
    es.indices.refresh(index=f"{prefix}books")
    hits = es.search(index=f"{prefix}books")["hits"]["hits"]
    return {hit["_source"]["title"]: hit["_source"] for hit in hits}


def test_data_migrations_before_our_tables(manage: Manage, es: Elasticsearch, prefix: str) -> None:
    said = manage("migrate --no-input")
    assert said.count("has no table elasticsearch_outboxentry yet") == 1
    assert "run `manage.py migrate`, and `manage.py es_rebuild` after it" in said
    assert "Traceback" not in said
    assert said.index("aaa.0002_books") < said.index("elasticsearch.0001_initial")
    manage("es_rebuild books --no-input")
    found = books(es, prefix)
    assert sorted(found) == ["kept", "noted", "old"]
    assert found["kept"]["readers"] == [{"name": "Ursula K."}]


@pytest.mark.few(2)
@pytest.mark.parametrize("capture", ["signals", "triggers"])
def test_a_data_migration_of_a_running_site(
    capture: str, manage: Manage, es: Elasticsearch, prefix: str
) -> None:
    manage("migrate --no-input", "es_rebuild books --no-input", CAPTURE=capture)
    assert sorted(books(es, prefix)) == ["kept", "noted", "old"]
    manage("migrate --no-input", "es_drain --once", CAPTURE=capture, MORE_APPS="corrections")
    found = books(es, prefix)
    first, more = ("first", ["captured"]) if capture == "signals" else ("by SQL", [])
    assert sorted(found) == sorted(["2nd", first, "kept", "new", *more])
    reader = {"name": "Reader"}
    assert found["kept"]["author"] == {"name": "Ursula L."}
    assert found["kept"]["readers"] == [{"name": "Ursula L."}, reader]
    assert found["2nd"]["author"] == reader
    assert found[first]["readers"] == [reader]
    assert not found["new"]["author"]
