"""Databases for contestants."""

import os
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

POSTGRES_URL = "postgres://django_es_admin@127.0.0.1:54329/postgres"


def url_of(database: str) -> str:
    """Return the URL of a database."""
    return urlsplit(_server())._replace(path=f"/{database}").geturl()


def exists(database: str) -> bool:
    """Return whether there is such a database."""
    with _connect() as connection:
        query = "SELECT FROM pg_database WHERE datname = %s"
        return connection.execute(query, [database]).fetchone() is not None


def create(database: str, template: str = "template1") -> None:
    """Create a database as a copy of another one."""
    _execute("CREATE DATABASE {} TEMPLATE {}", database, template)


def drop(database: str) -> None:
    """Drop a database, even if it is in use."""
    _execute("DROP DATABASE {} WITH (FORCE)", database)


def _server() -> str:
    return os.environ.get("POSTGRES_URL") or POSTGRES_URL


def _connect() -> psycopg.Connection:
    return psycopg.connect(_server(), autocommit=True)


def _execute(statement: str, *names: str) -> None:
    with _connect() as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
