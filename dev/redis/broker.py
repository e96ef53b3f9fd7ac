"""A Redis server in a folder: started, found again, stopped."""

from __future__ import annotations

import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from daemon import Daemon
from failure import SetupFailed


@dataclass(frozen=True)
class Broker:
    """The server with `folder`. Its queues are only in memory."""

    folder: Path

    @property
    def _daemon(self) -> Daemon:
        return Daemon("Redis", self.folder, seconds_to_start=20, seconds_to_stop=10)

    @property
    def log(self) -> Path:
        """The file with the output of the server."""
        return self._daemon.log

    def port(self) -> int | None:
        """Return the port of our running server; None if it is not running."""
        return self._daemon.port()

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
            # Otherwise the command line does not contain the folder, by which the server is found
            # again.
            "set-proc-title": "no",
        }
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        self._daemon.start([program, *words], port, pongs, Path("/"))

    def stop(self) -> None:
        """Stop the server. Connections are closed."""
        self._daemon.stop()


def pongs(host: str, port: int, seconds: float = 5.0) -> bool:
    """Return whether a Redis answers at this address, even if it asks for a password."""
    try:
        with socket.create_connection((host, port), seconds) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))
    except OSError:
        return False
