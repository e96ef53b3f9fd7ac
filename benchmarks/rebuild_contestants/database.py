"""Databases full of products: made once, and copied for each run."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from rebuild_contestants.process import Process

POSTGRES_URL = "postgres://django_es_admin@127.0.0.1:54329/postgres"


@contextmanager
def products(rows: int) -> Iterator[str]:
    """Give the URL of a database with so many products; it is removed after the context.

    What it is a copy of stays, as `bench_rebuild_<rows>`: making that takes longer.
    """
    source = f"bench_rebuild_{rows}"
    with _connect() as connection:
        query = "SELECT FROM pg_database WHERE datname = %s"
        if connection.execute(query, [source]).fetchone() is None:
            _execute("CREATE DATABASE {}", source)
    with Process("ours", _url(source), "") as process:
        process.tell("prepare", rows)
    copy = f"{source}_{secrets.token_hex(3)}"
    _execute("CREATE DATABASE {} TEMPLATE {}", copy, source)
    try:
        yield _url(copy)
    finally:
        _execute("DROP DATABASE {} WITH (FORCE)", copy)


def _server() -> str:
    return os.environ.get("POSTGRES_URL") or POSTGRES_URL


def _url(database: str) -> str:
    return urlsplit(_server())._replace(path=f"/{database}").geturl()


def _connect() -> psycopg.Connection:
    return psycopg.connect(_server(), autocommit=True)


def _execute(statement: str, *names: str) -> None:
    with _connect() as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
