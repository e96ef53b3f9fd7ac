"""A MariaDB server in a folder: created, started, found again, stopped."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import runner
from daemon import Daemon
from failure import SetupFailed

ROLE = "django_es_admin"
DATABASE = "django_es_admin"
# In Debian, the server is not on the PATH of users.
FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec")

# The port needs no password, like that of Elasticsearch. So the user has rights only on the
# databases of tests and of the demo.
INIT = f"""
CREATE USER IF NOT EXISTS '{ROLE}'@'127.0.0.1';
CREATE DATABASE IF NOT EXISTS `{DATABASE}`;
GRANT ALL ON `{DATABASE.replace("_", chr(92) + "_")}%`.* TO '{ROLE}'@'127.0.0.1';
GRANT ALL ON `test%`.* TO '{ROLE}'@'127.0.0.1';
GRANT ALL ON `torture%`.* TO '{ROLE}'@'127.0.0.1';
"""
# Data that are lost in a crash can be created again, and waiting for the disk takes long.
UNSAFE = ("--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--skip-log-bin")
SETTINGS = (
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--character-set-server=utf8mb4",
    "--innodb-lock-wait-timeout=20",
    # Relative to the data: a path of a socket must not be long.
    "--socket=server.sock",
)


@dataclass(frozen=True)
class Cluster:
    """The server whose data are in `folder`."""

    folder: Path

    @property
    def data(self) -> Path:
        """The folder of the data."""
        return self.folder / "data"

    @property
    def _daemon(self) -> Daemon:
        return Daemon("MariaDB", self.folder, seconds_to_start=60, seconds_to_stop=30)

    @property
    def log(self) -> Path:
        """The file with the output of the server."""
        return self._daemon.log

    def port(self) -> int | None:
        """Return the port of our running server; None if it is not running."""
        return self._daemon.port()

    def start(self, port: int) -> None:
        """Start the server. The data are created the first time.

        Raises `SetupFailed`, with the last lines of the log, where it does not answer in time.
        """
        self._make()
        init = self.folder / "init.sql"
        init.write_text(INIT)
        words = [_program("mariadbd"), "--no-defaults", f"--datadir={self.data}", f"--port={port}"]
        words += [*SETTINGS, *UNSAFE, f"--init-file={init}"]
        self._daemon.start(words, port, greets, self.data)

    def stop(self) -> None:
        """Stop the server. Connections are closed."""
        self._daemon.stop()

    def _make(self) -> None:
        if self.data.is_dir():
            return
        new = self.folder / "making"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        runner.give(new)
        # The superuser can only connect with the socket, and as the user who runs the server.
        words = ("--auth-root-authentication-method=socket", f"--auth-root-socket-user={_user()}")
        self._run("mariadb-install-db", f"--datadir={new}", *words, "--skip-test-db")
        zones = self._run("mariadb-tzinfo-to-sql", "/usr/share/zoneinfo")
        self._run("mariadbd", f"--datadir={new}", "--bootstrap", given=f"USE mysql;\n{zones}")
        new.rename(self.data)  # last: incomplete data never have this name

    def _run(self, program: str, *words: str, given: str = "") -> str:
        defaults = () if program == "mariadb-tzinfo-to-sql" else ("--no-defaults",)
        done = subprocess.run(
            [_program(program), *defaults, *words],
            cwd="/",
            input=given,
            capture_output=True,
            text=True,
            check=False,
            **runner.run_as(),
        )
        if done.returncode != 0:
            tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-10:])
            raise SetupFailed(f"{program} failed:\n{tail}")
        return done.stdout


def greets(host: str, port: int, seconds: float = 5.0) -> bool:
    """Return whether a server sends a greeting at this address, as MariaDB does."""
    try:
        with socket.create_connection((host, port), seconds) as connection:
            return bool(connection.recv(1))
    except OSError:
        return False


def _user() -> str:
    return runner.NAME if runner.run_as() else os.environ.get("USER", "root")


def _program(name: str) -> str:
    """Return the path of a program of MariaDB. Raises `SetupFailed` if it is missing."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *FOLDERS]))
    if found is None:
        raise SetupFailed(
            f"No MariaDB server is installed: {name} is missing. Install it (Debian: sudo apt-get "
            "install mariadb-server), or set MARIADB_URL to the address of a running one, whose "
            "user may create databases."
        )
    return found
