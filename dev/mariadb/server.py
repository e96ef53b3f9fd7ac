#!/usr/bin/env python3
"""Gets a MariaDB for development and tests: `server.py start|stop|status`.

`start` uses the server that `MARIADB_URL` names, or runs one of this checkout: data of its
own below `.run`, by the programs that are installed (Debian: mariadb-server), on the loopback
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
from cluster import DATABASE, ROLE, Cluster, greets
from failure import SetupFailed
from lock import locked

STATE = Path(__file__).resolve().parent / ".run"
VARIABLE = "MARIADB_URL"
PORT = 23306


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
            running = cluster.running()
            port = running[1] if running else self.port
            if not running:
                if not _is_free(self.port):
                    raise SetupFailed(
                        f"Port {self.port} is taken. Free it; or choose another (--port); or set "
                        f"{VARIABLE} to the server to use."
                    )
                print(f"Starting MariaDB (log: {cluster.log}) ...", flush=True)
                cluster.start(self.port)
            return f"MariaDB answers on {_url(port)} (of this checkout).{_advice(port)}"

    def stop(self) -> str:
        """End the server that `start` started, and return one line that says what was done."""
        with locked(STATE):
            cluster = self._cluster()
            running = cluster.running()
            if running is None:
                return "No MariaDB of this checkout runs; nothing was stopped."
            cluster.stop()
            return f"Stopped MariaDB on {_url(running[1])}."

    def status(self) -> str:
        """Return one line that says what answers. Raises `SetupFailed` where nothing does."""
        given = os.environ.get(VARIABLE)
        if given:
            return _check_given(given)
        running = self._cluster().running()
        if running is None:
            raise SetupFailed("No MariaDB of this checkout runs. Run `make mariadb`.")
        port = running[1]
        return f"MariaDB answers on {_url(port)} (of this checkout).{_advice(port)}"

    def _cluster(self) -> Cluster:
        return Cluster(runner.reachable_folder(STATE))


def _url(port: int) -> str:
    return f"mysql://{ROLE}@127.0.0.1:{port}/{DATABASE}"


def _advice(port: int) -> str:
    return "" if port == PORT else f" Tell the tests: export {VARIABLE}={_url(port)}"


def _check_given(url: str) -> str:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 3306
    # Without a driver there is no signing in; what else may be wrong is for the tests to say.
    if not greets(host, port):
        raise SetupFailed(
            f"{VARIABLE} names {host}:{port}, where nothing answers. "
            f"Start that server, or unset {VARIABLE}."
        )
    return f"MariaDB is looked for on {host}:{port} ({VARIABLE})."


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
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
