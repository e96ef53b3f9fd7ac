"""Signs of life of the processes that drain: one row each, renewed while the process works.

The row of a stopped process is kept, so that pages can tell how long there has been no worker.
"""

import os
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error, transaction
from django.db.models.functions import Now

from ...clock import clock_of, database_now
from ...exceptions import DatabaseUnavailable
from ...models import Worker

BEAT_SECONDS = 15.0
ABSENT = timedelta(minutes=10)
"""A worker is reported as missing after this time."""

_FORGOTTEN = timedelta(days=7)
_LATEST = 0.3
"""The weight of the latest pass in the average rate."""

_DRAINS = (Worker.Kind.DRAIN, Worker.Kind.ONCE)


class Heartbeat:
    """The sign of life of this process, in each of some databases.

    Args:
        kind: what the process does.
    """

    def __init__(self, kind: Worker.Kind) -> None:
        self._kind = kind
        # Each run of cron is a new process.
        self._pid = 0 if kind == Worker.Kind.ONCE else os.getpid()
        self._host = socket.gethostname()[:255]
        self._beaten: dict[str, float] = {}
        self._rate: float | None = None

    def worked(self, documents: int, seconds: float) -> None:
        """Note the rate of a pass that wrote documents."""
        if documents and seconds > 0:
            now = documents / seconds
            last = now if self._rate is None else self._rate
            self._rate = _LATEST * now + (1 - _LATEST) * last

    def beat(self, databases: Iterable[str], *, now: bool = False) -> None:
        """Record that the process is alive. A database that does not answer is skipped.

        Args:
            databases: the aliases of the databases.
            now: record it even if it was recorded a moment ago.
        """
        for using in databases:
            last = self._beaten.get(using)
            if not now and last is not None and time.monotonic() - last < BEAT_SECONDS:
                continue
            self._beaten[using] = time.monotonic()
            with suppress(Error, DatabaseUnavailable), transaction.atomic(using):
                self._write(using, first=last is None)

    def _write(self, using: str, *, first: bool) -> None:
        workers = Worker.objects.using(using)
        mine = {"kind": self._kind, "host": self._host, "pid": self._pid}
        values = {"seen_at": Now(), **({} if self._rate is None else {"rate": self._rate})}
        if not workers.filter(**mine).update(**values):
            workers.get_or_create(**mine, defaults={"rate": self._rate})
        if first:
            workers.filter(seen_at__lt=database_now(using) - _FORGOTTEN).delete()


@dataclass(frozen=True)
class Workers:
    """The processes that drain the outbox of one database.

    Args:
        alive: how many were seen recently.
        seen: when a process was last seen, by the clock of this process; None if there never was
            one.
        rate: the documents per second that all processes alive write together, or the rate of the
            last process if none is alive. None if unknown.
    """

    alive: int = 0
    seen: datetime | None = None
    rate: float | None = None


def read_workers(using: str) -> Workers:
    """Return the processes that drain the outbox of a database, with two queries.

    Args:
        using: alias of the database.
    """
    now = database_now(using)
    clock = clock_of(now)
    rows = list(
        Worker.objects.using(using)
        .filter(kind__in=_DRAINS)
        .order_by("-seen_at")
        .only("seen_at", "rate")[:100]
    )
    if not rows:
        return Workers()
    alive = [row for row in rows if row.seen_at > now - ABSENT]
    rates = [row.rate for row in alive or rows[:1] if row.rate]
    return Workers(len(alive), clock.here(rows[0].seen_at), sum(rates) or None)
