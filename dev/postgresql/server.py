#!/usr/bin/env python3
"""Gets a PostgreSQL for development and tests: `server.py start|stop|status`.

`start` uses the server that `POSTGRES_URL` names, or runs one of this checkout: a cluster of its
own below `.run`, by the programs that are installed (Debian: postgresql), on the loopback
interface. It may be called again at any time, and by several at once. `stop` ends only what
`start` started in this checkout.

Needs Python 3.9 or newer and nothing else, so that it runs before there is a virtual environment.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

sys.path.append(str(Path(__file__).resolve().parents[1] / "local"))

import runner
from cluster import ROLE, Cluster
from failure import SetupFailed
from lock import locked
from programs import find_programs

STATE = Path(__file__).resolve().parent / ".run"
VARIABLE = "POSTGRES_URL"
PORT = 54329
SECONDS_TO_CONNECT = 5.0


class Server:
    """The server of this checkout: where it is, and how it is started and stopped."""

    def __init__(self, port: int) -> None:
        self.port = port

    def start(self) -> str:
        """See to it that a server answers, and return one line that says where."""
        given = os.environ.get(VARIABLE)
        if given:
            return _check_given(given)
        with locked(STATE):
            cluster = self._cluster()
            port = cluster.port()
            if port is None:
                if _listens("127.0.0.1", self.port):
                    raise SetupFailed(
                        f"Port {self.port} is taken. Free it; or choose another (--port); or set "
                        f"{VARIABLE} to the server to use."
                    )
                print(f"Starting PostgreSQL (log: {cluster.log}) ...", flush=True)
                cluster.start(self.port)
                port = self.port
            return f"PostgreSQL answers on {_url(port)} (of this checkout).{_advice(port)}"

    def stop(self) -> str:
        """End the server that `start` started, and return one line that says what was done."""
        with locked(STATE):
            cluster = self._cluster()
            port = cluster.port()
            if port is None:
                return "No PostgreSQL of this checkout runs; nothing was stopped."
            cluster.stop()
            return f"Stopped PostgreSQL on {_url(port)}."

    def status(self) -> str:
        """Return one line that says what answers. Raises `SetupFailed` where nothing does."""
        given = os.environ.get(VARIABLE)
        if given:
            return _check_given(given)
        port = self._cluster().port()
        if port is None:
            raise SetupFailed("No PostgreSQL of this checkout runs. Run `make postgres`.")
        return f"PostgreSQL answers on {_url(port)} (of this checkout).{_advice(port)}"

    def _cluster(self) -> Cluster:
        return Cluster(runner.reachable_folder(STATE), find_programs())


def _url(port: int) -> str:
    return f"postgres://{ROLE}@127.0.0.1:{port}/postgres"


def _advice(port: int) -> str:
    return "" if port == PORT else f" Tell the tests: export {VARIABLE}={_url(port)}"


def _check_given(url: str) -> str:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 5432
    # Without a driver there is no signing in; what else may be wrong is for the tests to say.
    if not _listens(host, port):
        raise SetupFailed(
            f"{VARIABLE} names {host}:{port}, where nothing answers. "
            f"Start that server, or unset {VARIABLE}."
        )
    return f"PostgreSQL is looked for on {host}:{port} ({VARIABLE})."


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), SECONDS_TO_CONNECT).close()
    except OSError:
        return False
    return True


def main() -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("verb", choices=("start", "stop", "status"))
    parser.add_argument("--port", type=int, default=PORT, help=f"default: {PORT}")
    options = parser.parse_args()
    try:
        print(getattr(Server(options.port), options.verb)())
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
