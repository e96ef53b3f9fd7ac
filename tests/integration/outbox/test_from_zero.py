"""`migrate` from an empty database, with data migrations of an app that comes before ours."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from elasticsearch import Elasticsearch

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


def test_data_migrations_before_our_tables(database: str, es: Elasticsearch, prefix: str) -> None:
    [node] = es.transport.node_pool.all()

    def manage(*args: str) -> str:
        ran = subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=PROJECT,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "PYTHONDONTWRITEBYTECODE": "1",
                "DATABASE_URL": database,
                "ES_URL": node.base_url,
                "INDEX_PREFIX": prefix,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    said = manage("migrate", "--no-input")
    assert said.count("has no table elasticsearch_outboxentry yet") == 1
    assert "run `manage.py migrate`, and `manage.py es_rebuild` after it" in said
    assert "Traceback" not in said
    assert said.index("aaa.0002_books") < said.index("elasticsearch.0001_initial")
    manage("es_rebuild", "books", "--no-input")
    es.indices.refresh(index=f"{prefix}books")
    hits = es.search(index=f"{prefix}books")["hits"]["hits"]
    assert sorted(hit["_source"]["title"] for hit in hits) == ["kept", "noted", "old"]
    [kept] = [hit["_source"] for hit in hits if hit["_source"]["title"] == "kept"]
    assert kept["readers"] == [{"name": "Ursula K."}]
