"""Wait for other writers where a transaction begins, as SQLite does not once it has read."""

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
