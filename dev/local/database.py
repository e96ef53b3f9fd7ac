"""The database server of a checkout, or one named by a variable: start, stop, status."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import runner
from failure import SetupFailed
from lock import locked

SECONDS_TO_CONNECT = 5.0


class Cluster(Protocol):
    """The server whose data are in a folder of the checkout."""

    @property
    def log(self) -> Path:
        """The file with the output of the server."""

    def port(self) -> int | None:
        """Return the port of our running server; None if it is not running."""

    def start(self, port: int) -> None:
        """Start the server. The data are created the first time."""

    def stop(self) -> None:
        """Stop the server. Connections are closed."""


def listens(host: str, port: int) -> bool:
    """Return whether something accepts connections at this address."""
    try:
        socket.create_connection((host, port), SECONDS_TO_CONNECT).close()
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class Database:
    """A kind of database, and how to reach a server of it.

    Args:
        name: the name for people.
        target: the target of the Makefile that starts it.
        variable: the environment variable for another server.
        port: the default port of the server of this checkout.
        usual_port: the port of a server whose URL has none.
        url: the URL of the server, with ``{port}``.
        state: the folder of its data and its log.
        cluster: makes the cluster in a folder.
        answers: returns whether a server answers at a host and port.
    """

    name: str
    target: str
    variable: str
    port: int
    usual_port: int
    url: str
    state: Path
    cluster: Callable[[Path], Cluster]
    answers: Callable[[str, int], bool] = listens

    def start(self, port: int) -> str:
        """Make sure that a server answers; return one line that says where."""
        given = os.environ.get(self.variable)
        if given:
            return self._check_given(given)
        with locked(self.state):
            cluster = self._cluster()
            running = cluster.port()
            if running is None:
                if _is_taken(port):
                    raise SetupFailed(
                        f"Port {port} is taken. Free it; or choose another (--port); or set "
                        f"{self.variable} to the server to use."
                    )
                print(f"Starting {self.name} (log: {cluster.log}) ...", flush=True)
                cluster.start(port)
                running = port
            return self._tell(running)

    def stop(self, port: int) -> str:
        """Stop the server that `start` started; return one line about it."""
        with locked(self.state):
            cluster = self._cluster()
            running = cluster.port()
            if running is None:
                return f"No {self.name} of this checkout runs; nothing was stopped."
            cluster.stop()
            return f"Stopped {self.name} on {self._url(running)}."

    def status(self, port: int) -> str:
        """Return one line about the server that answers. Raises `SetupFailed` if none does."""
        given = os.environ.get(self.variable)
        if given:
            return self._check_given(given)
        running = self._cluster().port()
        if running is None:
            raise SetupFailed(f"No {self.name} of this checkout runs. Run `make {self.target}`.")
        return self._tell(running)

    def main(self, description: str, durable: Database | None = None) -> int:
        """Do what the command line says; return the exit status.

        Args:
            description: the description of the program.
            durable: the database for ``--durable``.
        """
        parser = argparse.ArgumentParser(description=description.splitlines()[0])
        parser.add_argument("verb", choices=("start", "stop", "status"))
        parser.add_argument("--port", type=int, help=f"default: {self.port}")
        if durable:
            told = f"one that waits for the disk; its port is {durable.port} by default"
            parser.add_argument("--durable", action="store_true", help=told)
        options = parser.parse_args()
        chosen = durable if durable and options.durable else self
        try:
            print(getattr(chosen, options.verb)(options.port or chosen.port))
        except SetupFailed as error:
            print(error, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        return 0

    def _cluster(self) -> Cluster:
        return self.cluster(runner.reachable_folder(self.state))

    def _url(self, port: int) -> str:
        return self.url.format(port=port)

    def _tell(self, port: int) -> str:
        url = self._url(port)
        advice = "" if port == self.port else f" Tell the tests: export {self.variable}={url}"
        return f"{self.name} answers on {url} (of this checkout).{advice}"

    def _check_given(self, url: str) -> str:
        parts = urlsplit(url)
        host, port = parts.hostname or "127.0.0.1", parts.port or self.usual_port
        # Without a driver, signing in is not tested. The tests will report other problems.
        if not self.answers(host, port):
            raise SetupFailed(
                f"{self.variable} names {host}:{port}, where nothing answers. "
                f"Start that server, or unset {self.variable}."
            )
        return f"{self.name} is looked for on {host}:{port} ({self.variable})."


def _is_taken(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return True
    return False
