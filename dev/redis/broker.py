"""A Redis in a folder: started, found again, stopped."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import processes
import runner
from failure import SetupFailed

SECONDS_TO_START = 20
SECONDS_TO_STOP = 10


@dataclass(frozen=True)
class Broker:
    """The server that runs in `folder`, where its process id is; its queues are in memory alone."""

    folder: Path

    @property
    def log(self) -> Path:
        """Where the server writes what it has to say."""
        return self.folder / "server.log"

    def port(self) -> int | None:
        """Return the port that our running server listens on; None where none runs."""
        found = self._running()
        return found[1] if found else None

    def _running(self) -> tuple[int, int] | None:
        """Return the process id and the port of our running server; None where none runs.

        A process id is used again after a crash, so the process must also name our folder.
        """
        try:
            pid = int((self.folder / "server.pid").read_text())
            port = int((self.folder / "port").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return (pid, port) if str(self.folder) in processes.command_line(pid) else None

    def start(self, port: int) -> None:
        """Start the server.

        Raises `SetupFailed`, with the last lines of the log, where it does not answer in time.
        """
        program = shutil.which("redis-server")
        if program is None:
            raise SetupFailed(
                "No Redis is installed: redis-server is missing. Install it (Debian: sudo apt-get "
                "install redis-server), or set REDIS_URL to the address of a running one."
            )
        settings = {
            "bind": "127.0.0.1",
            "port": str(port),
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            # Else it hides the folder, by which it is found again.
            "set-proc-title": "no",
        }
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [program, *words],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal must not end it
                **runner.run_as(),
            )
        (self.folder / "port").write_text(f"{port}\n")
        (self.folder / "server.pid").write_text(f"{process.pid}\n")
        deadline = time.monotonic() + SECONDS_TO_START
        while process.poll() is None and time.monotonic() < deadline:
            if pongs("127.0.0.1", port):
                return
            time.sleep(0.05)
        process.kill()
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        raise SetupFailed(
            f"Redis did not start within {SECONDS_TO_START} s. The end of {self.log}:\n{tail}"
        )

    def stop(self) -> None:
        """End the server; connections are cut."""
        found = self._running()
        if found is None:
            return
        os.kill(found[0], signal.SIGTERM)
        deadline = time.monotonic() + SECONDS_TO_STOP
        while self._running() and time.monotonic() < deadline:
            time.sleep(0.05)
        if self._running():
            raise SetupFailed(f"Redis could not be stopped; its log is {self.log}.")


def pongs(host: str, port: int, seconds: float = 5.0) -> bool:
    """Return whether a Redis answers at this address, be it that it asks for a password."""
    try:
        with socket.create_connection((host, port), seconds) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))
    except OSError:
        return False
