"""Sockets with a deadline for everything that is sent and received, byte by byte.

The time-out of a socket starts again with each byte, so it never ends a slow answer. http.client
reads an answer, including its headers, from the file of ``makefile()``. Our file checks the
deadline before each read.
"""

import http.client
import io
import socket
from functools import cache
from typing import Any

from urllib3.connectionpool import HTTPConnectionPool
from urllib3.poolmanager import PoolManager

from .deadline import current_deadline


def seconds_left() -> float | None:
    """Return the remaining seconds; None without a deadline.

    Raises:
        TimeoutError: no time is left.
    """
    deadline = current_deadline()
    if deadline is None:
        return None
    if deadline.passed:
        raise TimeoutError("timed out")
    return deadline.remaining


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(seconds_left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedSocket:
    """The file from which http.client reads an answer."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._socket))


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_TimedSocket(sock), *args, **kwargs)  # type: ignore[arg-type]


@cache
def _timed_connection(connection_class: Any) -> Any:
    class TimedConnection(connection_class):  # type: ignore[misc]
        response_class = _TimedResponse

        def connect(self) -> None:
            self.timeout = seconds_left()
            super().connect()

        def send(self, data: Any) -> None:
            if self.sock is not None:
                # This is the time for all of `data` together.
                self.sock.settimeout(seconds_left())
            super().send(data)

    # Errors contain the name of the class.
    TimedConnection.__name__ = connection_class.__name__
    return TimedConnection


@cache
def _timed_pool(pool_class: Any) -> Any:
    class TimedPool(pool_class):  # type: ignore[misc]
        ConnectionCls = _timed_connection(pool_class.ConnectionCls)

        def _get_conn(self, timeout: float | None = None) -> Any:
            # Waiting for a free connection of a pool counts, too.
            return super()._get_conn(timeout=seconds_left())

    return TimedPool


def time_pool(pool: HTTPConnectionPool) -> None:
    """Let the connections that a pool will open respect the deadline."""
    pool.ConnectionCls = _timed_connection(pool.ConnectionCls)


def time_pools(manager: PoolManager) -> None:
    """Let the pools that a manager will create respect the deadline."""
    manager.clear()
    manager.pool_classes_by_scheme = {
        scheme: _timed_pool(pool_class)
        for scheme, pool_class in manager.pool_classes_by_scheme.items()
    }
