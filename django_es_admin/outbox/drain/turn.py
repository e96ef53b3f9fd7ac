"""Let processes that commit at the same time share one request, instead of sending one each.

Whoever finds nobody draining an index drains its own rows, at once. Who finds somebody waits until
that one is done. Then one of those that wait drains the rows of all of them, and the others find
theirs gone. Nothing is right or wrong by it: turns keep nobody off who does not ask for one, a row
is done when it is acknowledged, and who has waited looks whether its own are.

Turns are advisory locks of PostgreSQL, which end with their connection, however its process ends.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from django.db import Error, connections
from django.db.models.functions import Now

from ...backends.transport.deadline import current_deadline
from ...conf import get_options
from ...exceptions import DrainOutOfTime
from ...faults import Fault, fault_of
from ...models import OutboxEntry
from ...statement import Slot, Statement, prepare
from ..rows.claim import give_back, inline_grace
from .batch import DrainResult, Stopped

logger = logging.getLogger(__name__)

CROWD_SECONDS = 1.0
"""For how long after somebody had to wait the rows of others are looked for at once."""

# The tenants of a project may have a schema each: then each has an outbox, and turns, of its own.
_SCHEMA = "(SELECT hashtext(current_schema()) AS schema) AS its"
_IN_TIME = "set_config('lock_timeout', %s, true) <> ''"
# Two locks: who takes the turn, and what the others wait for. These hold the second one for a
# moment each when they are woken, all at once, and must not keep the next one from its turn.
_TAKE = (
    "SELECT CASE WHEN pg_try_advisory_lock(%s, schema) "  # noqa: S608 (constants)
    "THEN pg_advisory_lock(%s, schema)::text IS NOT NULL ELSE false END "
    f"FROM {_SCHEMA} WHERE {_IN_TIME}"
)
_GIVE = f"SELECT pg_advisory_unlock(%s, schema), pg_advisory_unlock(%s, schema) FROM {_SCHEMA}"  # noqa: S608 (constants)
_WAIT = f"SELECT pg_advisory_xact_lock_shared(%s, schema)::text FROM {_SCHEMA} WHERE {_IN_TIME}"  # noqa: S608 (constants)

_crowded: dict[tuple[str, str, str], float] = {}
# Databases whose connections are others from one statement to the next, behind a pool.
_pooled: set[str] = set()


def can_share(using: str, entries: list[OutboxEntry]) -> bool:
    """Whether rows are to be drained in turns: those of a few objects, on PostgreSQL.

    Not where the project says that a pool gives each transaction another connection, as Django
    wants it to be said: a lock of a session would be left behind there.
    """
    connection = connections[using]
    return (
        connection.vendor == "postgresql"
        and not connection.in_atomic_block
        and not connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
        and using not in _pooled
        and len(entries) <= get_options().bulk_max_documents
        and all(entry.kind == OutboxEntry.Kind.OBJECT for entry in entries)
    )


def drain_in_turn(
    using: str, entries: list[OutboxEntry], drain: Callable[[list[OutboxEntry]], DrainResult]
) -> DrainResult:
    """Drain rows, or wait until somebody has, for as long as the current deadline allows.

    Args:
        entries: rows of this process, of one index.
        drain: what drains rows; it is given those of others, too.
    """
    turn = _Turn(using, entries[0].connection, entries[0].index)
    while entries:
        with turn.taken() as mine:
            if mine:
                return drain(entries + turn.others(entries) if turn.is_crowded else entries)
        turn.note_crowd()
        try:
            turn.wait()
        except Error as error:
            if fault_of(error) not in (Fault.MOMENT, Fault.TIME):
                raise
            give_back(using, entries)
            stopped = Stopped(turn.connection, turn.index, DrainOutOfTime())
            return DrainResult(left=len(entries), stopped=(stopped,))
        entries = turn.left(entries)
    return DrainResult()


@dataclass(frozen=True)
class _Turn:
    """The turn of one index: one process at a time has it.

    Args:
        using: alias of the database.
        connection: alias of the connection.
        index: as the document names it.
    """

    using: str
    connection: str
    index: str

    @contextmanager
    def taken(self) -> Iterator[bool]:
        """Take the turn, if nobody has it; give whether it was taken."""
        locks = _locks(self.connection, self.index)
        mine = False
        try:
            [(mine,)] = Statement(self.using, _TAKE, (*locks, _wait())).run()
            yield mine
        finally:
            if mine:
                self._give(locks)

    def _give(self, locks: tuple[int, int]) -> None:
        try:
            [given] = Statement(self.using, _GIVE, locks).run()
        except Error:
            # The lock went with its connection; closed, it is given back for sure.
            connections[self.using].close()
            return
        if not all(given):
            _pooled.add(self.using)
            logger.warning(
                "A pool gives %r another connection for each transaction: set "
                "DISABLE_SERVER_SIDE_CURSORS there, as Django wants it. Concurrent saves do not "
                "share their requests.",
                self.using,
            )

    def wait(self) -> None:
        """Wait until who has the turn gives it back."""
        _, lock = _locks(self.connection, self.index)
        Statement(self.using, _WAIT, (lock, _wait())).run()

    def left(self, entries: list[OutboxEntry]) -> list[OutboxEntry]:
        """Return those of ``entries`` that nobody has handled."""
        rows = Statement(self.using, _LEFT, ([entry.pk for entry in entries],)).run()
        found = {pk for (pk,) in rows}
        return [entry for entry in entries if entry.pk in found]

    def others(self, entries: list[OutboxEntry]) -> list[OutboxEntry]:
        """Return the new rows of others, whose processes wait for their turn, or are about to."""
        own = {entry.pk for entry in entries}
        rows = _reading_new(self.using, inline_grace()).run(
            connection=self.connection, index=self.index
        )
        room = get_options().bulk_max_documents - len(entries)
        return [
            OutboxEntry(pk=pk, connection=self.connection, index=self.index, key=key)
            for pk, key in rows
            if pk not in own
        ][:room]

    @property
    def is_crowded(self) -> bool:
        """Whether somebody of this process had to wait just now."""
        return _crowded.get(self._key, 0.0) > time.monotonic()

    def note_crowd(self) -> None:
        _crowded[self._key] = time.monotonic() + CROWD_SECONDS

    @property
    def _key(self) -> tuple[str, str, str]:
        return self.using, self.connection, self.index


def _wait() -> str:
    deadline = current_deadline()
    seconds = deadline.remaining if deadline else get_options().inline_timeout
    return f"{max(int(seconds * 1_000), 1)}ms"


@cache
def _locks(connection: str, index: str) -> tuple[int, int]:
    """Return the numbers of an index's two locks, of 32 bits each."""
    name = f"django_es_admin:{connection}:{index}"
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    first, second = (int.from_bytes(part, signed=True) for part in (digest[:4], digest[4:]))
    return first, second


# A row that is left to a second delete, to other code or to a later attempt was handled.
_LEFT = (
    f"SELECT id FROM {OutboxEntry._meta.db_table} "  # noqa: S608 (constants)
    "WHERE id = ANY(%s) AND due_at IS NULL AND parked_at IS NULL"
)


@cache
def _reading_new(using: str, grace: timedelta) -> Statement:
    """Return the statement that finds new rows of an index that no worker may have taken.

    A worker's claim lasts longer than what is left to the process that made a row.
    """
    return prepare(
        OutboxEntry.objects.using(using)
        .filter(
            connection=Slot("connection"),
            index=Slot("index"),
            kind=OutboxEntry.Kind.OBJECT,
            due_at__isnull=True,
            parked_at__isnull=True,
            delete_sent=False,
            leased_until__gt=Now(),
            leased_until__lte=Now() + grace,
        )
        .order_by("pk")
        .values_list("pk", "key")
    )
