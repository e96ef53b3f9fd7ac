"""Databases of a run's own: copies of one that was migrated."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit

import psycopg
import pytest
from psycopg import sql

POSTGRES_URL = "postgres://django_es_admin@127.0.0.1:54329/postgres"
"""The server that `make postgres` starts."""

MARIADB_URL = "mysql://django_es_admin@127.0.0.1:23306/django_es_admin"
"""The server that `make mariadb` starts."""


class Databases(Protocol):
    """An empty database to migrate, and copies of it."""

    @property
    def template(self) -> str:
        """The URL of the database that is copied; it is empty at first."""

    def copy(self) -> AbstractContextManager[str]:
        """Give the URL of a copy, which is removed after the context."""

    def remove(self) -> None:
        """Remove the template."""


class SQLiteDatabases:
    """Files.

    Args:
        folder: where to put them.
    """

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.sqlite3"

    @property
    def template(self) -> str:
        return f"sqlite:///{self._template}"

    @contextmanager
    def copy(self) -> Iterator[str]:
        file = self._template.with_name(f"{secrets.token_hex(4)}.sqlite3")
        shutil.copyfile(self._template, file)
        yield f"sqlite:///{file}"
        for suffix in ("", "-wal", "-shm"):
            Path(f"{file}{suffix}").unlink(missing_ok=True)

    def remove(self) -> None:
        self._template.unlink()


class PostgresDatabases:
    """Databases of the server that POSTGRES_URL names, whose user may create some."""

    def __init__(self) -> None:
        self._server = os.environ.get("POSTGRES_URL") or POSTGRES_URL
        self._name = f"torture_{secrets.token_hex(4)}"
        self._execute("CREATE DATABASE {}", self._name)

    @property
    def template(self) -> str:
        return self._url(self._name)

    @contextmanager
    def copy(self) -> Iterator[str]:
        name = f"{self._name}_{secrets.token_hex(4)}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, self._name)
        yield self._url(name)
        self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def remove(self) -> None:
        self._execute("DROP DATABASE {} WITH (FORCE)", self._name)

    def _url(self, name: str) -> str:
        # No crash of the server is tested, and to wait for its disk takes most of the time.
        query = urlencode({"options": "-c synchronous_commit=off"}, quote_via=quote)
        return urlsplit(self._server)._replace(path=f"/{name}", query=query).geturl()

    def _execute(self, statement: str, *names: str) -> None:
        words = sql.SQL(statement).format(*map(sql.Identifier, names))
        try:
            connection = psycopg.connect(self._server, autocommit=True)
        except psycopg.OperationalError as error:
            address = urlsplit(self._server)
            pytest.fail(
                f"No PostgreSQL lets us in at {address.hostname}:{address.port}: {error}\n"
                "Run `make postgres`, or set POSTGRES_URL to a server whose user may create "
                "databases.",
                pytrace=False,
            )
        with connection:
            connection.execute(words)
        connection.close()


class MariaDBDatabases:
    """Databases of the server that MARIADB_URL names; a test without one is skipped."""

    def __init__(self) -> None:
        self._server = urlsplit(os.environ.get("MARIADB_URL") or MARIADB_URL)
        if not (find_spec("MySQLdb") and shutil.which("mariadb-dump")):
            pytest.skip("MariaDB's client or driver is not installed (pip install -e .[mariadb])")
        self._words = [f"--host={self._server.hostname}", f"--port={self._server.port}"]
        self._words += [f"--user={self._server.username}"]
        self._name = f"torture_{secrets.token_hex(4)}"
        try:
            self._execute(f"CREATE DATABASE {self._name}")
        except subprocess.CalledProcessError as error:
            pytest.skip(f"No MariaDB lets us in (make mariadb): {error.stderr}")

    @property
    def template(self) -> str:
        return self._url(self._name)

    @contextmanager
    def copy(self) -> Iterator[str]:
        name = f"{self._name}_{secrets.token_hex(4)}"
        self._execute(f"CREATE DATABASE {name}")
        dump = ["mariadb-dump", *self._words, "--skip-add-locks", self._name]
        tables = subprocess.run(dump, check=True, capture_output=True, text=True).stdout
        self._execute(f"USE {name};\n{tables}")
        yield self._url(name)
        self._execute(f"DROP DATABASE {name}")

    def remove(self) -> None:
        self._execute(f"DROP DATABASE {self._name}")

    def _url(self, name: str) -> str:
        return self._server._replace(path=f"/{name}").geturl()

    def _execute(self, statements: str) -> None:
        words = ["mariadb", *self._words]
        subprocess.run(words, input=statements, check=True, capture_output=True, text=True)
