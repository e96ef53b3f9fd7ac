"""Drain the rows of a transaction in the process that made them, right after its commit."""

import logging
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connections, transaction

from ...backends.transport.deadline import Deadline, until
from ...conf import get_options
from ...exceptions import ProjectCodeFailed
from ...faults import Fault, fault_of
from ...models import OutboxEntry
from ..drain import breaker
from ..drain.batch import BatchDrain, find_definition
from ..rows.claim import give_back
from ..rows.lock import waiting_no_longer
from .saving import at_end_of_save
from .session import follow, take
from .turn import can_share, drain_in_turn

logger = logging.getLogger(__name__)

_ATTRIBUTE = "_django_es_admin_batch"
_suspended: ContextVar[frozenset[str]] = ContextVar(
    "django_es_admin_suspended", default=frozenset()
)


class _Batch:
    """The rows of one transaction.

    A callback is registered for every save, and the first that runs drains all rows. A callback
    that is registered only once would be lost if its savepoint is rolled back. Only the callbacks
    keep the batch alive, and each keeps its own rows. On a rollback, Django drops the callbacks and
    with them the rows, whose ids SQLite then gives to new rows. These must not be acknowledged in
    their place.
    """

    def __init__(self, using: str) -> None:
        self.using = using
        self.done = False
        self.takes_noted = False
        self._entries: list[weakref.ref[OutboxEntry]] = []

    def add(self, entries: list[OutboxEntry]) -> Callable[[], None]:
        """Add rows; return the callback that drains all rows that were not rolled back."""
        # More rows than this are left to workers, so they need not be kept in memory.
        kept = entries[: max(get_options().inline_max_objects - len(self._entries), 0)]
        self._entries += map(weakref.ref, kept)

        # A plain function: Django logs a callback's __qualname__, which a partial lacks.
        def drain_batch(kept: list[OutboxEntry] = kept) -> None:
            self._drain()

        return drain_batch

    def _drain(self) -> None:
        if not self.done:
            self.done = True
            entries = (reference() for reference in self._entries)
            left = [entry for entry in entries if entry is not None]
            if self.takes_noted:
                left += _take(self.using)
            if not at_end_of_save(self.using, left, drain_committed):
                drain_committed(self.using, left)


@contextmanager
def suspended(using: str) -> Iterator[None]:
    """Leave the rows that the block records in the database ``using`` to a later drain."""
    token = _suspended.set(_suspended.get() | {using})
    try:
        yield
    finally:
        _suspended.reset(token)


def is_suspended(using: str) -> bool:
    """Return whether the rows recorded now are left to a later drain."""
    return using in _suspended.get()


def drain_after_commit(using: str, entries: list[OutboxEntry]) -> None:
    """Drain new rows after the commit of the current transaction; errors are logged."""
    transaction.on_commit(_batch(using).add(entries), using=using, robust=True)


def drain_noted_after_commit(using: str) -> None:
    """Drain, after the commit of the current transaction, what the database's triggers recorded."""
    follow(using)
    batch = _batch(using)
    batch.takes_noted = True
    transaction.on_commit(batch.add([]), using=using, robust=True)


def _take(using: str) -> list[OutboxEntry]:
    try:
        return take(using)
    except Exception:
        logger.exception("The rows of a transaction could not be read; they wait in the outbox.")
        return []


def _batch(using: str) -> _Batch:
    connection = connections[using]
    reference = getattr(connection, _ATTRIBUTE, None)
    batch = reference() if reference is not None else None
    if batch is None or batch.done:
        batch = _Batch(using)
        setattr(connection, _ATTRIBUTE, weakref.ref(batch))
    return batch


def drain_committed(using: str, entries: list[OutboxEntry]) -> None:
    """Drain rows whose change is committed. Errors do not reach the caller.

    If the drain fails, ``save()`` returns and the project's own hooks run as usual. The rows wait.
    """
    try:
        _drain(using, entries)
    except Exception as error:
        # Another process holds a lock for a moment, which needs no attention.
        passing = fault_of(error) in (Fault.MOMENT, Fault.TIME)
        logger.log(
            logging.WARNING if passing else logging.ERROR,
            "A drain failed after the commit; its changes wait in the outbox.",
            exc_info=True,
        )


def _drain(using: str, entries: list[OutboxEntry]) -> None:
    options = get_options()
    tried = [
        entry
        for entry in entries
        if not breaker.is_open(entry.connection)
        and not breaker.is_open(entry.connection, entry.index)
    ]
    if not tried:
        return
    # At most half of the time is spent waiting for locks: for the row of the tick, and for
    # releasing rows.
    with (
        until(Deadline(options.inline_timeout)),
        waiting_no_longer(using, options.inline_timeout / 2),
    ):
        for entries_of_one in _in_turns(using, tried):
            _drain_some(using, entries_of_one)


def _in_turns(using: str, entries: list[OutboxEntry]) -> list[list[OutboxEntry]]:
    """Return the rows of each index if they are drained in turns, else all rows together."""
    if not can_share(using, entries):
        return [entries]
    groups: dict[tuple[str, str], list[OutboxEntry]] = {}
    for entry in entries:
        groups.setdefault((entry.connection, entry.index), []).append(entry)
    return list(groups.values())


def _is_awaited(entry: OutboxEntry) -> bool:
    """Return whether the documents must be searchable when the save returns."""
    definition = find_definition(entry.connection, entry.index)
    document = definition.document if definition else None
    return document is not None and bool(document.django.auto_refresh)


def _drain_some(using: str, entries: list[OutboxEntry]) -> None:
    options = get_options()
    drain = BatchDrain(using, options.inline_timeout, fan_out_limit=options.inline_max_objects)
    if breaker.is_open(entries[0].connection):
        # The drain of another index has just found the connection to be down.
        give_back(using, entries)
        return
    result = (
        drain_in_turn(using, entries, drain.drain, stays=_is_awaited(entries[0]))
        if can_share(using, entries)
        else drain.drain(entries)
    )
    for stopped in result.stopped:
        if stopped.everywhere:
            breaker.trip(stopped.connection)
        elif not isinstance(stopped.error, ProjectCodeFailed):
            breaker.trip(stopped.connection, stopped.index)
        # An error of the project's own code is logged with its traceback.
        cause = stopped.error if isinstance(stopped.error, ProjectCodeFailed) else None
        logger.warning("Changes wait in the outbox: %s", stopped.error, exc_info=cause)
