"""Wait for changes that triggers record. PostgreSQL sends notifications; others are polled."""

import logging
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from .session import CHANNEL

logger = logging.getLogger(__name__)

SLICE = 0.25
"""The seconds after which a wait checks whether to stop."""

AGAIN = 30.0
"""The seconds after which a failed attempt to listen is repeated."""


class Listener:
    """Listens to PostgreSQL databases, with a separate connection for each."""

    def __init__(self) -> None:
        self._open: dict[str, BaseDatabaseWrapper] = {}
        self._failed: dict[str, float] = {}

    def wait(self, using: list[str], stop: threading.Event, seconds: float) -> bool:
        """Wait until a database reports a change, ``stop`` is set, or the time is over.

        Args:
            using: aliases of the databases.

        Returns:
            Whether there may be something to drain.
        """
        # Changes between the last look at the outbox and this moment sent no notification.
        if any(self._listen(alias) for alias in using):
            return True
        if not self._open:
            return stop.wait(seconds)
        end = time.monotonic() + seconds
        while not stop.is_set() and (left := end - time.monotonic()) > 0:
            if self._told(min(left, SLICE)):
                return True
        return stop.is_set()

    def close(self) -> None:
        """Close all connections."""
        for connection in self._open.values():
            with suppress(Error):
                connection.close()
        self._open.clear()

    def _listen(self, alias: str) -> bool:
        """Listen to a database; return whether this process did not listen to it before."""
        if alias in self._open or connections[alias].vendor != "postgresql":
            return False
        # A connection pool would not keep the connection that listens.
        pooled = connections[alias].settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
        if pooled or self._failed.get(alias, 0.0) > time.monotonic():
            return False
        connection = connections[alias].copy()
        try:
            connection.ensure_connection()
            connection.set_autocommit(True)
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
        except Error:
            self._fail(alias, connection)
            return False
        self._open[alias] = connection
        return True

    def _told(self, seconds: float) -> bool:
        by_file = {c.connection.fileno(): alias for alias, c in self._open.items()}
        readable, _, _ = select.select(list(by_file), [], [], seconds)
        told = False
        for file in readable:
            alias = by_file[file]
            try:
                told = any(list(_notifications(self._open[alias].connection))) or told
            except Exception:  # noqa: BLE001 (of the driver, which has classes of its own)
                self._fail(alias, self._open.pop(alias))
        return told or not self._open

    def _fail(self, alias: str, connection: BaseDatabaseWrapper) -> None:
        with suppress(Error):
            connection.close()
        self._failed[alias] = time.monotonic() + AGAIN
        logger.warning("No notifications of changes in %r; the outbox is polled instead.", alias)


def _notifications(raw: Any) -> Iterator[bool]:
    """Yield once for each notification that has arrived."""
    if hasattr(raw, "poll"):  # psycopg2
        raw.poll()
        while raw.notifies:
            raw.notifies.pop()
            yield True
    else:
        for _ in raw.notifies(timeout=0):
            yield True


@contextmanager
def listening() -> Iterator[Listener]:
    """Provide a listener, and close it at the end."""
    listener = Listener()
    try:
        yield listener
    finally:
        listener.close()
