"""A PostgreSQL cluster in a folder: created, started, found again, stopped."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import runner
from failure import SetupFailed

ROLE = "django_es_admin"
SECONDS_TO_START = 60
RUNNING, STOPPED = 0, 3  # exit statuses of `pg_ctl status`

# The port needs no password, like that of Elasticsearch. So the user is not a superuser, who could
# run programs. No other user can connect, and there is no socket.
ACCESS = f"host all {ROLE} 127.0.0.1/32 trust\n"
CREATE_ROLE = f"CREATE ROLE {ROLE} LOGIN CREATEDB;\n"
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
deadlock_timeout = '100ms'  # tests cause deadlocks, and wait for them to end
"""

# Data that are lost in a crash can be created again, and waiting for the disk takes long. On the
# command line, so that it also applies to existing clusters.
UNSAFE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


@dataclass(frozen=True)
class Cluster:
    """The cluster whose data are in `folder`, which PostgreSQL's own pid file marks as running."""

    folder: Path
    programs: Path
    durable: bool = False
    """Whether a commit waits for the disk, as in production."""

    @property
    def data(self) -> Path:
        """The folder of the data, named after the major version that can read it."""
        return self.folder / f"data-{self.programs.parent.name}"

    @property
    def log(self) -> Path:
        """The file with the output of the server."""
        return self.folder / "server.log"

    def port(self) -> int | None:
        """Return the port of our running server; None if it is not running."""
        if not self.data.is_dir() or self._control("status").returncode != RUNNING:
            return None
        return int((self.data / "postmaster.pid").read_text().splitlines()[3])

    def start(self, port: int) -> None:
        """Start the server. The data are created the first time.

        Raises `SetupFailed`, with the last lines of the log, where it does not answer in time.
        """
        self._make()
        self.log.touch()
        runner.give(self.log)
        started = self._control(
            "start",
            f"--log={self.log}",
            f"--options=-p {port}" if self.durable else f"--options=-p {port} {UNSAFE}",
            f"--timeout={SECONDS_TO_START}",
        )
        if started.returncode != 0:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise SetupFailed(
                f"PostgreSQL did not start within {SECONDS_TO_START} s. "
                f"The end of {self.log}:\n{tail}"
            )

    def stop(self) -> None:
        """Stop the server. Connections are closed."""
        if self._control("stop", "--mode=fast").returncode != 0:
            raise SetupFailed(f"PostgreSQL could not be stopped; its log is {self.log}.")

    def _make(self) -> None:
        if self.data.is_dir():
            return
        new = self.folder / "making"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        runner.give(new)
        options = ("--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
        self._run("initdb", f"--pgdata={new}", *options)
        (new / "pg_hba.conf").write_text(ACCESS)
        with (new / "postgresql.conf").open("a") as configuration:
            configuration.write(SETTINGS)
        single_user = ("--single", "-D", str(new), "-c", "exit_on_error=on", "postgres")
        self._run("postgres", *single_user, given=CREATE_ROLE)
        new.rename(self.data)  # last: incomplete data never have this name

    def _control(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        # Not a pipe: the server would inherit it, and the reader would wait for ever.
        return subprocess.run(
            [str(self.programs / "pg_ctl"), *words, f"--pgdata={self.data}", "--wait"],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            **runner.run_as(),
        )

    def _run(self, program: str, *words: str, given: str = "") -> None:
        done = subprocess.run(
            [str(self.programs / program), *words],
            cwd="/",
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **runner.run_as(),
        )
        if done.returncode != 0:
            tail = "\n".join(done.stdout.strip().splitlines()[-10:])
            raise SetupFailed(f"{program} failed:\n{tail}")
