"""The command line client of each database: psql, sqlite3, mariadb."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

SQLITE = """
import sqlite3, sys
name, what = sys.argv[1:3]
database = sqlite3.connect(name, timeout=20)
database.execute("PRAGMA foreign_keys = ON")
if what == "run":
    database.executescript(sys.stdin.read())
    database.commit()
else:
    for line in database.iterdump():
        if line.startswith(f'INSERT INTO "{what}" '):
            print(line)
"""
"""A replacement for the sqlite3 shell, which is not installed everywhere; it runs as a process."""


class Refused(Exception):
    """The database refused a statement."""


@dataclass(frozen=True)
class Client:
    """A client program for one database, which does not use Django.

    Args:
        vendor: Django's name of the database.
        at: NAME, HOST, PORT and USER, as in ``DATABASES``.
    """

    vendor: str
    at: dict[str, str]

    @classmethod
    def of(cls, url: str) -> Self:
        """Return the client for the database of a URL."""
        parts = urlsplit(url)
        vendor = {"postgres": "postgresql"}.get(parts.scheme, parts.scheme)
        at = {"NAME": parts.path[1:], "HOST": parts.hostname or "", "USER": parts.username or ""}
        return cls(vendor, at | {"PORT": str(parts.port or "")})

    @property
    def is_there(self) -> bool:
        """Return whether the program is installed."""
        programs = {"postgresql": "psql", "mysql": "mariadb"}
        return bool(shutil.which(programs.get(self.vendor, sys.executable)))

    def run(self, sql: str) -> str:
        """Run statements until one is refused; return the rows of their results.

        Raises:
            Refused: what the database says.
        """
        match self.vendor:
            case "sqlite":
                return self._call([sys.executable, "-c", SQLITE, self.at["NAME"], "run"], sql)
            case "postgresql":
                words = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *self._address("-p")]
                return self._call([*words, "-U", self.at["USER"], "-d", self.at["NAME"]], sql)
            case _:
                # Without this mode, `||` is not a concatenation.
                standard = "SET sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT');"
                words = ["mariadb", "--batch", "--skip-column-names", "--local-infile=1"]
                words += [*self._address("-P"), "-u", self.at["USER"], self.at["NAME"]]
                return self._call(words, standard + sql)

    def dump(self, table: str) -> str:
        """Return the rows of a table as the database's own program writes them.

        Raises:
            Refused: what the database says.
        """
        match self.vendor:
            case "sqlite":
                return self._call([sys.executable, "-c", SQLITE, self.at["NAME"], table])
            case "postgresql":
                words = ["pg_dump", "--data-only", f"--table={table}", *self._address("-p")]
                return self._call([*words, "-U", self.at["USER"], "-d", self.at["NAME"]])
            case _:
                # With LOCK TABLES, MariaDB may refuse the writes of triggers.
                words = ["mariadb-dump", "--no-create-info", "--skip-triggers"]
                words += ["--skip-add-locks", *self._address("-P"), "-u", self.at["USER"]]
                return self._call([*words, self.at["NAME"], table])

    def _address(self, port: str) -> list[str]:
        return ["-h", self.at["HOST"], port, self.at["PORT"]]

    @staticmethod
    def _call(words: list[str], given: str = "") -> str:
        ran = subprocess.run(words, input=given, text=True, capture_output=True, check=False)
        if ran.returncode != 0:
            raise Refused(ran.stderr)
        return ran.stdout
