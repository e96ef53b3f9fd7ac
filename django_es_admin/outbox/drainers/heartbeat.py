"""Signs of life of the processes that drain: a row for each, renewed while it works.

The row of a process that stops is kept, so that it is known since when there is no worker.
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
"""After which a worker is missed."""

_FORGOTTEN = timedelta(days=7)
_LATEST = 0.3
"""The share that the latest pass has in the rate."""

_DRAINS = (Worker.Kind.DRAIN, Worker.Kind.ONCE)


class Heartbeat:
    """The sign of life of this process, in each of some databases.

    Args:
        kind: what it does.
    """

    def __init__(self, kind: Worker.Kind) -> None:
        self._kind = kind
        # Each run of cron is another process.
        self._pid = 0 if kind == Worker.Kind.ONCE else os.getpid()
        self._host = socket.gethostname()[:255]
        self._beaten: dict[str, float] = {}
        self._rate: float | None = None

    def worked(self, documents: int, seconds: float) -> None:
        """Note how fast a pass was that had something to do."""
        if documents and seconds > 0:
            now = documents / seconds
            last = now if self._rate is None else self._rate
            self._rate = _LATEST * now + (1 - _LATEST) * last

    def beat(self, databases: Iterable[str], *, now: bool = False) -> None:
        """Say that the process is alive; a database that does not answer costs nothing else.

        Args:
            databases: aliases.
            now: even if it said so a moment ago.
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
    """Those that drain, as one database knows them.

    Args:
        alive: how many were seen of late.
        seen: when the last one was, by the clock of this process; None if none ever was.
        rate: documents that those alive write in a second, all together; of the last one, where
            none is. None where that is not known.
    """

    alive: int = 0
    seen: datetime | None = None
    rate: float | None = None


def read_workers(using: str) -> Workers:
    """Return who drains the outbox of a database; two queries.

    Args:
        using: its alias.
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
