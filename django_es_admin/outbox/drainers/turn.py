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
"""For so many seconds after a process had to wait, the rows of others are looked for at once."""

LEFT_ROWS = 64
"""As long as fewer new rows wait, of all indices, a process leaves its own to the next one."""

# The tenants of a project may have a schema each: then each has an outbox, and turns, of its own.
_SCHEMA = "(SELECT hashtext(current_schema()) AS schema) AS its"
_IN_TIME = "set_config('lock_timeout', %s, true) <> ''"
_TABLE = OutboxEntry._meta.db_table
# A row that is left to a second delete, to other code or to a later attempt was handled.
_NEW = "due_at IS NULL AND parked_at IS NULL"
# Who leaves its rows goes on, and leaves more. With so many it waits, or who drains them would be
# kept from it by all the others.
_NEW_ROWS = f"SELECT FROM {_TABLE} WHERE {_NEW} LIMIT {LEFT_ROWS}"
_MANY = f"(SELECT count(*) = {LEFT_ROWS} FROM ({_NEW_ROWS}) AS new)"  # noqa: S608 (constants)
# All that a process of a crowd asks is one statement: it takes the turn, or waits until who has it
# gives it back, or learns that somebody waits already. Who has waited asks again, as this statement
# sees what there was when it began.
# There are three locks: who takes the turn, what the next one waits for, and who is the next one.
# Those who are woken hold the second one for a moment each, all at once, and must not keep anybody
# from the first one. The next one gives the third lock back before it asks again: so it sees the
# rows of everybody who found it there, and it asks for these although its own may be gone by then.
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
_UNLOCK = "pg_advisory_unlock(%s, schema)"

_crowded: dict[tuple[str, str, str], float] = {}
# Databases whose connections are others from one statement to the next, behind a pool.
_pooled: set[str] = set()


def can_share(using: str, entries: list[OutboxEntry]) -> bool:
    """Whether rows are to be drained in turns: those of a few objects, on PostgreSQL.

    Not if the settings say that a pool gives each transaction another connection: a lock of a
    session would be left behind there.
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
        drain: what drains rows; it also gets those of others.
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
        # Its own are drained; what others left to it, workers take.
        return result
    give_back(using, entries)
    stopped = Stopped(turn.connection, turn.index, DrainOutOfTime())
    return result + DrainResult(left=len(entries), stopped=(stopped,))


class _Answer(StrEnum):
    """The answer to a process that asks for its turn."""

    MINE = "mine"
    """It has the turn now."""
    DONE = "done"
    """Its rows were handled."""
    WAITED = "waited"
    """The process that had the turn has given it back."""
    NEXT = "next"
    """The same, and meanwhile others may have left their rows to this process."""
    LEFT = "left"
    """Another process waits already, and will take the rows of this one."""


@dataclass(frozen=True)
class _Asked:
    """The answer, and the rows to drain.

    Args:
        own: those rows of this process that were not handled when it asked.
        others: if it has the turn, the new rows of others that wait for theirs, or are about to.
        is_full: whether there may be more of these.
    """

    answer: _Answer
    own: list[OutboxEntry]
    others: list[OutboxEntry]
    is_full: bool


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

    def ask(self, entries: list[OutboxEntry], *, stays: bool, relied_on: bool) -> _Asked:
        """Take the turn; else wait until it is given back, or leave the rows to the next one.

        Args:
            entries: rows of this process.
            stays: whether to wait, even if another process waits for a turn.
            relied_on: whether others may have left their rows to this process.

        Raises:
            Error: of the database; the turn is nobody's for it.
        """
        own, (first, second, third) = [entry.pk for entry in entries], self._locks
        room = max(get_options().bulk_max_documents - len(entries), 1)
        locks = (first, second, stays, second, third, second, third, _wait())
        looks = relied_on or self.is_crowded
        places = (looks, self.connection, self.index, inline_grace(), own, room)
        try:
            [row] = Statement(self.using, _ASK, (own, relied_on, *locks, *places)).run()
        except Error:
            # What a session has locked it keeps, also where the statement fails after that: the
            # first lock is there by now if the time was up at the second one, and the third one
            # if it was up while the process waited.
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
            sure: whether it was taken; if not, this process may also be the next one.
        """
        locks = self._locks[:2] if sure else self._locks
        unlock = f"SELECT {', '.join(_UNLOCK for _ in locks)} FROM {_SCHEMA}"  # noqa: S608 (constants)
        try:
            [given] = Statement(self.using, unlock, locks).run()
        except Error:
            # The locks went with its connection; closed, they are given back for sure.
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
    """Return the numbers of an index's three locks, of 32 bits each."""
    name = f"django_es_admin:{connection}:{index}"
    digest = hashlib.blake2b(name.encode(), digest_size=12).digest()
    first, second, third = (
        int.from_bytes(digest[start : start + 4], signed=True) for start in (0, 4, 8)
    )
    return first, second, third
