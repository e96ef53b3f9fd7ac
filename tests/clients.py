"""The program that comes with each database: psql, sqlite3's shell, mariadb."""

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
"""Not each machine has the shell; this does what it does, in a process of its own."""


class Refused(Exception):
    """The database refused a statement."""


@dataclass(frozen=True)
class Client:
    """A program that speaks to one database, and knows nothing of Django.

    Args:
        vendor: as Django calls it.
        at: NAME, HOST, PORT and USER, as in ``DATABASES``.
    """

    vendor: str
    at: dict[str, str]

    @classmethod
    def of(cls, url: str) -> Self:
        """Return the client of the database that a URL names."""
        parts = urlsplit(url)
        vendor = {"postgres": "postgresql"}.get(parts.scheme, parts.scheme)
        at = {"NAME": parts.path[1:], "HOST": parts.hostname or "", "USER": parts.username or ""}
        return cls(vendor, at | {"PORT": str(parts.port or "")})

    @property
    def is_there(self) -> bool:
        """Whether the program is installed."""
        programs = {"postgresql": "psql", "mysql": "mariadb"}
        return bool(shutil.which(programs.get(self.vendor, sys.executable)))

    def run(self, sql: str) -> str:
        """Run statements; the first that is refused ends them. Return the rows that they give.

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
                # Its `||` is no concatenation unless it is told so.
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
                # Under its LOCK TABLES, MariaDB may refuse what triggers write.
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
