"""Let processes that commit at the same time share one request, instead of sending one each.

If no other process drains an index, a process drains its own rows at once. If another process
drains it, the process is the next one: it waits until that drain is done, and then drains the new
rows of all. If there is a next one already, the process leaves its rows to it. It still waits until
they are gone if its document must be searchable when the save returns, or if many rows wait
already.

Nothing is lost by this: a drain without a turn is not blocked, and a row is done only when it is
acknowledged. If a process is killed, a worker takes the rows that were left to it.

Turns are advisory locks of PostgreSQL, which end with their connection, however its process ends.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from django.db import Error, connections

from ...backends.transport.deadline import current_deadline, is_out_of_time
from ...conf import get_options
from ...exceptions import DrainOutOfTime
from ...faults import Fault, fault_of
from ...models import OutboxEntry
from ...statement import Statement
from ..drain.batch import DrainResult, Stopped
from ..rows.claim import give_back, inline_grace

logger = logging.getLogger(__name__)

CROWD_SECONDS = 1.0
"""After a process had to wait, it also looks for the rows of others, for this many seconds."""

LEFT_ROWS = 64
"""While fewer new rows than this wait in all indices, a process leaves its own to the next one."""

# If each tenant of a project has its own schema, each has its own outbox and its own turns.
_SCHEMA = "(SELECT hashtext(current_schema()) AS schema) AS its"
_IN_TIME = "set_config('lock_timeout', %s, true) <> ''"
_TABLE = OutboxEntry._meta.db_table
# A row that waits for a second delete, other code or a later attempt counts as drained.
_NEW = "due_at IS NULL AND parked_at IS NULL"
# A process that leaves its rows to another goes on, and leaves more. With this many rows it waits,
# or the process that drains them would be slowed down by all the others.
_NEW_ROWS = f"SELECT FROM {_TABLE} WHERE {_NEW} LIMIT {LEFT_ROWS}"
_MANY = f"(SELECT count(*) = {LEFT_ROWS} FROM ({_NEW_ROWS}) AS new)"  # noqa: S608 (constants)
# Each process sends only one statement: it takes the turn, or waits until the turn is given back,
# or learns that another process waits already. A process that has waited sends the statement again,
# because the statement sees only rows from before it began. There are three locks: the first is the
# turn, the second is what the next process waits for, the third is held by the next process.
# Processes that are woken hold the second lock for a moment, all at the same time, and must not
# prevent others from taking the first. The next process releases the third lock before it asks
# again. So it sees the rows of every process that found this lock taken, and it asks for their rows
# even if its own are already gone.
_ASK = (
    f"WITH own AS MATERIALIZED (SELECT id FROM {_TABLE} WHERE id = ANY(%s) AND {_NEW}), "  # noqa: S608 (constants)
    "asked AS MATERIALIZED (SELECT CASE WHEN NOT %s AND NOT EXISTS (SELECT FROM own) THEN 'done' "
    "WHEN pg_try_advisory_lock(%s, schema) THEN 'mine' || pg_advisory_lock(%s, schema)::text "
    f"WHEN %s OR {_MANY} THEN 'waited' || pg_advisory_xact_lock_shared(%s, schema)::text "
    "WHEN pg_try_advisory_lock(%s, schema) THEN "
    "CASE WHEN pg_advisory_xact_lock_shared(%s, schema)::text = '' "
    "THEN 'next' || left(pg_advisory_unlock(%s, schema)::text, 0) END "
    "ELSE 'left' END AS answer "
    f"FROM {_SCHEMA} WHERE {_IN_TIME}), "
    # The new rows of other processes, unless a worker has claimed them: a worker's claim lasts
    # longer than the time for which a row is left to the process that made it.
    f"others AS MATERIALIZED (SELECT id, key FROM {_TABLE} "
    "WHERE %s AND (SELECT answer FROM asked) = 'mine' AND connection = %s AND index = %s "
    f"AND kind = '{OutboxEntry.Kind.OBJECT.value}' AND {_NEW} AND NOT delete_sent "
    "AND leased_until > now() AND leased_until <= now() + %s AND NOT id = ANY(%s) "
    "ORDER BY id LIMIT %s) "
    "SELECT answer, ARRAY(SELECT id FROM own), ARRAY(SELECT id FROM others ORDER BY id), "
    "ARRAY(SELECT key::text FROM others ORDER BY id) FROM asked"
)
_UNLOCK = "pg_advisory_unlock(%s, schema)"

_crowded: dict[tuple[str, str, str], float] = {}
# Databases behind a pool, whose connection may change from one statement to the next.
_pooled: set[str] = set()


def can_share(using: str, entries: list[OutboxEntry]) -> bool:
    """Return whether rows are drained in turns: those of a few objects, on PostgreSQL.

    Turns are not used if the settings say that a pool gives each transaction another connection,
    because the locks of a session would stay behind in the pool.
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
    using: str,
    entries: list[OutboxEntry],
    drain: Callable[[list[OutboxEntry]], DrainResult],
    *,
    stays: bool,
) -> DrainResult:
    """Drain rows, or let another process drain them, as long as the current deadline allows.

    Args:
        entries: rows of this process, of one index.
        drain: the function that drains rows. It may also get the rows of other processes.
        stays: whether to wait until the rows are drained, even if another process waits for a turn.
    """
    turn = _Turn(using, entries[0].connection, entries[0].index)
    result, relied_on = DrainResult(), False
    while True:
        try:
            asked = turn.ask(entries, stays=stays, relied_on=relied_on)
        except Error as error:
            if fault_of(error) not in (Fault.MOMENT, Fault.TIME):
                raise
            break
        if asked.answer is _Answer.MINE:
            rows = asked.own + asked.others
            try:
                result += drain(rows) if rows else DrainResult()
            finally:
                turn.give()
            if not asked.is_full:
                return result
            entries, relied_on = [], True
        elif asked.answer is _Answer.DONE:
            return result
        else:
            turn.note_crowd()
            if asked.answer is _Answer.LEFT:
                return result + DrainResult(left=len(entries))
            relied_on = relied_on or asked.answer is _Answer.NEXT
        if is_out_of_time():
            break
    if not entries:
        # Its own rows are drained; workers take the rows that others left to it.
        return result
    give_back(using, entries)
    stopped = Stopped(turn.connection, turn.index, DrainOutOfTime())
    return result + DrainResult(left=len(entries), stopped=(stopped,))


class _Answer(StrEnum):
    """The answer to a process that asks for its turn."""

    MINE = "mine"
    """The process has the turn now."""
    DONE = "done"
    """Its rows were drained by another process."""
    WAITED = "waited"
    """Another process has given the turn back."""
    NEXT = "next"
    """The same, and other processes may meanwhile have left their rows to this process."""
    LEFT = "left"
    """Another process waits already, and will take the rows of this one."""


@dataclass(frozen=True)
class _Asked:
    """The answer, and the rows to drain.

    Args:
        own: the rows of this process that were not drained when it asked.
        others: if it has the turn, the new rows of processes that wait for their turn, or are about
            to.
        is_full: whether there may be more rows of others.
    """

    answer: _Answer
    own: list[OutboxEntry]
    others: list[OutboxEntry]
    is_full: bool


@dataclass(frozen=True)
class _Turn:
    """The turn of one index, which one process has at a time.

    Args:
        using: alias of the database.
        connection: alias of the connection.
        index: the name of the index, as the document gives it.
    """

    using: str
    connection: str
    index: str

    def ask(self, entries: list[OutboxEntry], *, stays: bool, relied_on: bool) -> _Asked:
        """Take the turn, or wait until it is given back, or leave the rows to the next process.

        Args:
            entries: rows of this process.
            stays: whether to wait, even if another process waits for a turn.
            relied_on: whether others may have left their rows to this process.

        Raises:
            Error: the database failed; the locks of the turn were released.
        """
        own, (first, second, third) = [entry.pk for entry in entries], self._locks
        room = max(get_options().bulk_max_documents - len(entries), 1)
        locks = (first, second, stays, second, third, second, third, _wait())
        looks = relied_on or self.is_crowded
        places = (looks, self.connection, self.index, inline_grace(), own, room)
        try:
            [row] = Statement(self.using, _ASK, (own, relied_on, *locks, *places)).run()
        except Error:
            # A session keeps its locks even if the statement fails afterwards: it has the first
            # lock if the time ran out at the second one, and the third lock if the time ran out
            # while the process waited.
            self.give(sure=False)
            raise
        answer, left, numbers, keys = row
        there = set(left)
        others = [
            OutboxEntry(pk=pk, connection=self.connection, index=self.index, key=key)
            for pk, key in zip(numbers, keys, strict=True)
        ]
        mine = [entry for entry in entries if entry.pk in there]
        return _Asked(_Answer(answer), mine, others, is_full=len(others) >= room)

    def give(self, *, sure: bool = True) -> None:
        """Give the turn back.

        Args:
            sure: whether the turn was taken; if not, this process may also be the next one.
        """
        locks = self._locks[:2] if sure else self._locks
        unlock = f"SELECT {', '.join(_UNLOCK for _ in locks)} FROM {_SCHEMA}"  # noqa: S608 (constants)
        try:
            [given] = Statement(self.using, unlock, locks).run()
        except Error:
            # The locks end with the connection, so closing it certainly releases them.
            connections[self.using].close()
            return
        if sure and not all(given):
            _pooled.add(self.using)
            logger.warning(
                "A pool gives %r another connection for each transaction: set "
                "DISABLE_SERVER_SIDE_CURSORS there, as Django requires. Concurrent saves do not "
                "share their requests.",
                self.using,
            )

    @property
    def is_crowded(self) -> bool:
        """Whether a thread of this process had to wait just now."""
        return _crowded.get(self._key, 0.0) > time.monotonic()

    def note_crowd(self) -> None:
        _crowded[self._key] = time.monotonic() + CROWD_SECONDS

    @property
    def _locks(self) -> tuple[int, int, int]:
        return _locks(self.connection, self.index)

    @property
    def _key(self) -> tuple[str, str, str]:
        return self.using, self.connection, self.index


def _wait() -> str:
    deadline = current_deadline()
    seconds = deadline.remaining if deadline else get_options().inline_timeout
    return f"{max(int(seconds * 1_000), 1)}ms"


@cache
def _locks(connection: str, index: str) -> tuple[int, int, int]:
    """Return the 32-bit numbers of the three locks of an index."""
    name = f"django_es_admin:{connection}:{index}"
    digest = hashlib.blake2b(name.encode(), digest_size=12).digest()
    first, second, third = (
        int.from_bytes(digest[start : start + 4], signed=True) for start in (0, 4, 8)
    )
    return first, second, third
