"""Wait for other writers when a transaction begins; SQLite no longer does so after a read."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from sqlite3 import Error

from django.db import connections

from ...models import OutboxEntry
from .tables import has_outbox


def wait_for_writers(using: str) -> None:
    """Take the write lock of a database that locks as a whole; call it before the first read.

    SQLite's default is to take it at the first write, and to fail at once ("database is locked")
    where another one wrote since this transaction read.
    """
    if not connections[using].features.has_select_for_update and has_outbox(using):
        OutboxEntry.objects.using(using).filter(pk=0).update(attempts=0)


@contextmanager
def waiting_no_longer(using: str, seconds: float) -> Iterator[None]:
    """Let SQLite wait no longer than this for another writer, at each statement inside.

    Its own time-out is one for all that a connection does, and may be far above what a save may
    take. Other databases have one for each statement.
    """
    connection = connections[using]
    raw = connection.connection
    if connection.vendor != "sqlite" or raw is None:
        yield
        return
    # Not by a cursor of Django's: it is no query of the project's.
    [(before,)] = raw.execute("PRAGMA busy_timeout")
    raw.execute(f"PRAGMA busy_timeout = {min(before, int(seconds * 1_000))}")
    try:
        yield
    finally:
        with suppress(Error):
            if connection.connection is raw:
                raw.execute(f"PRAGMA busy_timeout = {before}")
