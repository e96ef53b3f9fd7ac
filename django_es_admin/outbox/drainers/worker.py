"""Drain what transactions left over: once, or forever."""

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
    """What ``drain_due`` did, and what it left.

    Args:
        result: what it did.
        second_deletes: rows whose delete is sent again later; they need no attention.
        second_deletes_until: when the last of them is due, by the clock of this process; None if
            there are none.
        parked: parked rows, until they are tried again.
        first_parked: index, key and error of some of these.
    """

    result: DrainResult
    second_deletes: int
    second_deletes_until: datetime | None
    parked: int
    first_parked: tuple[tuple[str, str, str], ...] = ()


def databases(connection: str | None = None) -> list[str]:
    """Return the aliases of the databases that hold an indexed model, and so an outbox."""
    return sorted({d.database for d in get_definitions(connection) if d.document is not None})


def drain_due(
    connection: str | None = None,
    on_batch: Callable[[DrainResult], None] | None = None,
    *,
    again: bool = False,
) -> DrainReport:
    """Handle every row that is due, whatever back-off or claim it has; return what was done.

    A second delete that is not due yet is left for later.

    Args:
        connection: only rows for the connection of this alias.
        on_batch: called after each batch with what was done until then.
        again: also handle parked rows.

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
        # Who drains all that there is looks after the outbox, a button on a page does not.
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
    """Handle rows as they become due, until ``stop`` is set; any number of these may run.

    Args:
        interval: seconds between two looks at an empty outbox.
        on_batch: called after each batch with what it did.
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
    # What stopped is left alone for the pause: its old rows must not stand before others, and a
    # database that is down must not keep another one waiting.
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
                # The database was restarted, or similar: a new connection may work.
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
            # Half as much, half as often: the same answer is right for a cluster that is down and
            # for one that is overloaded. One index that fails makes no other one slower.
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
    """Wait for a while, with signs of life, or until a database reports a change."""
    end = time.monotonic() + interval
    while (left := end - time.monotonic()) > 0:
        awake = [alias for alias in databases() if alias not in resting]
        if listener.wait(awake, stop, min(left, BEAT_SECONDS)):
            return
        heart.beat(awake)


class _Repairs:
    """Gives generations back what they have lost, now and then, as nothing may be written to them.

    A connection that is silent takes no more of a worker's time than of a save's.
    """

    def __init__(self) -> None:
        self._due_at: dict[str, float] = {}

    def do(self, using: str, *, resting: bool) -> None:
        """Repair those of one database, unless that was done a moment ago.

        Args:
            resting: whether something just failed, and is left alone.
        """
        now = time.monotonic()
        if not resting and self._due_at.get(using, 0.0) <= now:
            self._due_at[using] = now + LOOK_AGAIN
            repair_all(using, timeout=get_options().inline_timeout)
