"""Drain the rows of a transaction in the process that made them, right after its commit."""

import logging
import weakref
from datetime import timedelta

from django.db import connections, transaction

from ..conf import get_options
from ..exceptions import ConnectionUnavailable
from ..models import OutboxEntry
from . import breaker
from .drain import Drain

logger = logging.getLogger(__name__)

_ATTRIBUTE = "_django_es_admin_batch"


class _Batch:
    """The rows of one transaction.

    A callback is registered for every save and the first that runs drains all rows: one that was
    registered once would die with the savepoint it was registered in. The callbacks alone keep the
    batch alive, so that a transaction that is rolled back leaves nothing behind.
    """

    def __init__(self, using: str) -> None:
        self.using = using
        self.entries: list[OutboxEntry] = []
        self.done = False

    def drain(self) -> None:
        if not self.done:
            self.done = True
            _drain(self.using, self.entries)


def inline_grace() -> timedelta:
    """Return for how long workers leave a new row to the process that made it."""
    return timedelta(seconds=get_options().inline_timeout * 2 + 1)


def drain_after_commit(using: str, entries: list[OutboxEntry]) -> None:
    """Drain new rows after the commit of the current transaction; errors are logged."""
    connection = connections[using]
    reference = getattr(connection, _ATTRIBUTE, None)
    batch = reference() if reference is not None else None
    if batch is None or batch.done:
        batch = _Batch(using)
        setattr(connection, _ATTRIBUTE, weakref.ref(batch))
    batch.entries += entries
    transaction.on_commit(batch.drain, using=using, robust=True)


def _drain(using: str, entries: list[OutboxEntry]) -> None:
    options = get_options()
    tried = [entry for entry in entries if not breaker.is_open(entry.connection)]
    tried = tried[: options.inline_max_objects]
    if not tried:
        return
    drain = Drain(using, options.inline_timeout, fan_out_limit=options.inline_max_objects)
    for alias, error in drain.drain(tried).unavailable:
        if isinstance(error, ConnectionUnavailable):
            breaker.trip(alias)
        logger.warning("Changes wait in the outbox: %s", error)
