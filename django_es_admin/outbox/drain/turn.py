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
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.db import Error, connections

from ...backends.transport.deadline import current_deadline, is_out_of_time
from ...conf import get_options
from ...exceptions import DrainOutOfTime
from ...faults import Fault, fault_of
from ...models import OutboxEntry
from ...statement import Statement
from ..rows.claim import give_back, inline_grace
from .batch import DrainResult, Stopped

logger = logging.getLogger(__name__)

CROWD_SECONDS = 1.0
"""For how long after somebody had to wait the rows of others are looked for at once."""

# The tenants of a project may have a schema each: then each has an outbox, and turns, of its own.
_SCHEMA = "(SELECT hashtext(current_schema()) AS schema) AS its"
_IN_TIME = "set_config('lock_timeout', %s, true) <> ''"
_TABLE = OutboxEntry._meta.db_table
# A row that is left to a second delete, to other code or to a later attempt was handled.
_NEW = "due_at IS NULL AND parked_at IS NULL"
# All that a process of a crowd asks is one statement: it looks whether its rows are still there,
# and if so takes the turn, or waits until who has it gives it back. Who has waited asks again, as
# this statement sees what there was when it began.
# There are two locks: who takes the turn, and what the others wait for. These hold the second one
# for a moment each when they are woken, all at once, and must not keep the next one from its turn.
_ASK = (
    f"WITH own AS MATERIALIZED (SELECT id FROM {_TABLE} WHERE id = ANY(%s) AND {_NEW}), "  # noqa: S608 (constants)
    "asked AS MATERIALIZED (SELECT CASE WHEN NOT EXISTS (SELECT FROM own) THEN 'done' "
    "WHEN pg_try_advisory_lock(%s, schema) THEN 'mine' || pg_advisory_lock(%s, schema)::text "
    "ELSE 'waited' || pg_advisory_xact_lock_shared(%s, schema)::text END AS answer "
    f"FROM {_SCHEMA} WHERE {_IN_TIME}), "
    # The new rows of others that no worker may have taken: its claim lasts longer than what is
    # left to the process that made a row.
    f"others AS MATERIALIZED (SELECT id, key FROM {_TABLE} "
    "WHERE %s AND (SELECT answer FROM asked) = 'mine' AND connection = %s AND index = %s "
    f"AND kind = '{OutboxEntry.Kind.OBJECT.value}' AND {_NEW} AND NOT delete_sent "
    "AND leased_until > now() AND leased_until <= now() + %s AND NOT id = ANY(%s) "
    "ORDER BY id LIMIT %s) "
    "SELECT answer, ARRAY(SELECT id FROM own), ARRAY(SELECT id FROM others ORDER BY id), "
    "ARRAY(SELECT key::text FROM others ORDER BY id) FROM asked"
)
_GIVE = f"SELECT pg_advisory_unlock(%s, schema), pg_advisory_unlock(%s, schema) FROM {_SCHEMA}"  # noqa: S608 (constants)

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
    while True:
        try:
            asked = turn.ask(entries)
        except Error as error:
            if fault_of(error) not in (Fault.MOMENT, Fault.TIME):
                raise
            break
        if asked.mine:
            try:
                return drain(asked.left + asked.others)
            finally:
                turn.give()
        if not asked.left:
            return DrainResult()
        turn.note_crowd()
        if is_out_of_time():
            break
    give_back(using, entries)
    stopped = Stopped(turn.connection, turn.index, DrainOutOfTime())
    return DrainResult(left=len(entries), stopped=(stopped,))


@dataclass(frozen=True)
class _Asked:
    """What a process of a crowd was told.

    Args:
        mine: whether it has the turn now.
        left: those of its rows that nobody had handled when it asked.
        others: if it has the turn, the new rows of others that wait for theirs, or are about to.
    """

    mine: bool
    left: list[OutboxEntry]
    others: list[OutboxEntry]


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

    def ask(self, entries: list[OutboxEntry]) -> _Asked:
        """Take the turn, unless the rows are gone; wait until who has it gives it back.

        Args:
            entries: rows of this process.

        Raises:
            Error: of the database; the turn is nobody's for it.
        """
        own, (first, second) = [entry.pk for entry in entries], self._locks
        room = max(get_options().bulk_max_documents - len(entries), 0)
        places = (self.is_crowded, self.connection, self.index, inline_grace(), own, room)
        statement = Statement(self.using, _ASK, (own, first, second, second, _wait(), *places))
        try:
            [(answer, left, numbers, keys)] = statement.run()
        except Error:
            # What a session has locked it keeps, also where the statement fails after that: the
            # first lock is there by now if the time was up at the second one.
            self.give(sure=False)
            raise
        there = set(left)
        others = [
            OutboxEntry(pk=pk, connection=self.connection, index=self.index, key=key)
            for pk, key in zip(numbers, keys, strict=True)
        ]
        return _Asked(answer == "mine", [entry for entry in entries if entry.pk in there], others)

    def give(self, *, sure: bool = True) -> None:
        """Give the turn back.

        Args:
            sure: whether it was taken.
        """
        try:
            [given] = Statement(self.using, _GIVE, self._locks).run()
        except Error:
            # The lock went with its connection; closed, it is given back for sure.
            connections[self.using].close()
            return
        if sure and not all(given):
            _pooled.add(self.using)
            logger.warning(
                "A pool gives %r another connection for each transaction: set "
                "DISABLE_SERVER_SIDE_CURSORS there, as Django wants it. Concurrent saves do not "
                "share their requests.",
                self.using,
            )

    @property
    def is_crowded(self) -> bool:
        """Whether somebody of this process had to wait just now."""
        return _crowded.get(self._key, 0.0) > time.monotonic()

    def note_crowd(self) -> None:
        _crowded[self._key] = time.monotonic() + CROWD_SECONDS

    @property
    def _locks(self) -> tuple[int, int]:
        return _locks(self.connection, self.index)

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
