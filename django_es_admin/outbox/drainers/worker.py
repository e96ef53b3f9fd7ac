"""Drain the rows that are due: once, or forever."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import Error
from django.db.models import Max, Q

from ...clock import read_clock
from ...conf import get_options
from ...exceptions import DatabaseUnavailable
from ...faults import close_broken
from ...indices.definition import get_definitions
from ...models import OutboxEntry, Worker
from ..drain.batch import BatchDrain, DrainResult
from ..drain.cluster_side import LOOK_AGAIN, repair_all
from ..drain.pending import Rows, drain_rows, rows_of
from ..drain.statistics import flush
from ..rows.by_hand import parked, retry
from ..rows.claim import claim, due
from .heartbeat import BEAT_SECONDS, Heartbeat
from .listen import Listener, listening

logger = logging.getLogger(__name__)

MAX_PAUSE = 30.0
PARKED_TOLD = 5


@dataclass(frozen=True)
class DrainReport:
    """The result of ``drain_due``, and what is left in the outbox.

    Args:
        result: the result of the drain.
        second_deletes: rows whose delete is sent again later; they need no attention.
        second_deletes_until: when the last second delete is due, by the clock of this process; None
            if there are none.
        parked: the number of parked rows.
        first_parked: index, key and error of some parked rows.
    """

    result: DrainResult
    second_deletes: int
    second_deletes_until: datetime | None
    parked: int
    first_parked: tuple[tuple[str, str, str], ...] = ()


def databases(connection: str | None = None) -> list[str]:
    """Return the aliases of the databases that have an indexed model, and so an outbox."""
    return sorted({d.database for d in get_definitions(connection) if d.document is not None})


def drain_due(
    connection: str | None = None,
    on_batch: Callable[[DrainResult], None] | None = None,
    *,
    again: bool = False,
) -> DrainReport:
    """Drain every row that is due, even if it is claimed or waits for its next attempt.

    Second deletes that are not due yet are left for later.

    Args:
        connection: only rows for the connection with this alias.
        on_batch: called after each batch with the result so far.
        again: whether to try parked rows again.

    Raises:
        ConnectionDoesNotExist: there is no such connection.
        DatabaseUnavailable, django.db.Error: one of the databases failed; the others were drained.
    """
    aliases = databases(connection)
    total = DrainResult()
    failures: list[Exception] = []
    heart, began = Heartbeat(Worker.Kind.ONCE), time.monotonic()
    for alias in aliases:
        try:
            repair_all(alias, connection)
            if again:
                retry(parked(alias, connection))
            for result in drain_rows(alias, _of_connection(connection)):
                total += result
                if on_batch:
                    on_batch(total)
        except (Error, DatabaseUnavailable) as error:
            failures.append(error)
    if connection is None:
        # A drain of all connections counts as a worker. A drain of only one, as from a page, does
        # not.
        heart.worked(total.objects, time.monotonic() - began)
        heart.beat(aliases)
    for failure in failures:
        raise failure
    flush()
    return _report(aliases, connection, total)


def _of_connection(connection: str | None) -> Rows:
    return lambda rows: rows if connection is None else rows.filter(connection=connection)


def _report(aliases: Iterable[str], connection: str | None, result: DrainResult) -> DrainReport:
    later = given_up = 0
    first: list[tuple[str, str, str]] = []
    until: datetime | None = None
    for alias in aliases:
        rows = OutboxEntry.objects.using(alias)
        second = rows.filter(delete_sent=True, parked_at__isnull=True)
        later += second.count()
        last = second.aggregate(last=Max("due_at"))["last"]
        last = last and read_clock(alias).here(last)
        until = max((moment for moment in (until, last) if moment), default=None)
        rows = parked(alias, connection)
        given_up += rows.count()
        first += rows.order_by("pk").values_list("index", "key", "error")[
            : PARKED_TOLD - len(first)
        ]
    return DrainReport(result, later, until, given_up, tuple(first))


def drain_forever(
    stop: threading.Event,
    interval: float,
    on_batch: Callable[[DrainResult], None] | None = None,
) -> None:
    """Drain rows as they become due, until ``stop`` is set. Any number of processes may do this.

    Args:
        interval: seconds between two looks at an empty outbox.
        on_batch: called after each batch with its result.
    """
    with listening() as listener:
        _drain_forever(stop, interval, on_batch, listener)


def _drain_forever(
    stop: threading.Event,
    interval: float,
    on_batch: Callable[[DrainResult], None] | None,
    listener: Listener,
) -> None:
    pause = 0.0
    limit = get_options().bulk_max_documents
    # Rows that were stopped are skipped during the pause, so that these old rows do not delay
    # others, and a database that is down does not delay another one.
    avoided, resting, retry_at = Q(), set[str](), 0.0
    repairs, heart = _Repairs(), Heartbeat(Worker.Kind.DRAIN)
    while not stop.is_set():
        heart.beat(alias for alias in databases() if alias not in resting)
        if time.monotonic() >= retry_at:
            avoided, resting = Q(), set()
        busy, overloaded, failure = False, False, ""
        for alias in [alias for alias in databases() if alias not in resting]:
            try:
                repairs.do(alias, resting=bool(avoided))
                began = time.monotonic()
                entries = claim(alias, (rows.exclude(avoided) for rows in due(alias)), limit)
                result = BatchDrain(alias, get_options().write_timeout).drain(entries)
            except (Error, DatabaseUnavailable) as error:
                # The database may have been restarted, so a new connection may work.
                close_broken()
                resting.add(alias)
                failure = str(error)
                continue
            busy = busy or bool(entries)
            heart.worked(result.written + result.deleted, time.monotonic() - began)
            if entries and on_batch:
                on_batch(result)
            avoided |= rows_of(result.stopped)
            overloaded = overloaded or any(stopped.everywhere for stopped in result.stopped)
            failure = failure or next((str(stopped.error) for stopped in result.stopped), "")
        if failure:
            # Send half as much, half as often: this is right both for a cluster that is down and
            # for one that is overloaded. An index that fails does not slow down others.
            pause = min(max(pause * 2, interval), MAX_PAUSE)
            limit = max(limit // 2, 1) if overloaded else limit
            retry_at = time.monotonic() + pause
            logger.warning("Changes wait in the outbox, next try in %.0f s: %s", pause, failure)
        elif not (avoided or resting):
            pause, limit = 0.0, get_options().bulk_max_documents
        if not busy:
            flush()
            _rest(stop, interval, heart, resting, listener)
    flush()
    heart.beat(databases(), now=True)


def _rest(
    stop: threading.Event,
    interval: float,
    heart: Heartbeat,
    resting: set[str],
    listener: Listener,
) -> None:
    """Wait, and record signs of life, until the time is over or a database reports a change."""
    end = time.monotonic() + interval
    while (left := end - time.monotonic()) > 0:
        awake = [alias for alias in databases() if alias not in resting]
        if listener.wait(awake, stop, min(left, BEAT_SECONDS)):
            return
        heart.beat(awake)


class _Repairs:
    """Repairs generations from time to time, even if nothing is written to them.

    A connection that does not answer delays a worker by no more than it delays a save.
    """

    def __init__(self) -> None:
        self._due_at: dict[str, float] = {}

    def do(self, using: str, *, resting: bool) -> None:
        """Repair the generations of one database, unless that was done a moment ago.

        Args:
            resting: whether something has just failed; then nothing is repaired.
        """
        now = time.monotonic()
        if not resting and self._due_at.get(using, 0.0) <= now:
            self._due_at[using] = now + LOOK_AGAIN
            repair_all(using, timeout=get_options().inline_timeout)
