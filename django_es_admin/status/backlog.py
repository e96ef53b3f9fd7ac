"""Whether anything is lost, and when the indices have caught up with their databases."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from ..backends.health import ConnectionHealth
from ..conf import get_options
from ..outbox.drainers.heartbeat import ABSENT, Workers
from ..outbox.rows.status import OutboxStatus
from .problem import Mend, Problem


@dataclass(frozen=True)
class Backlog:
    """The changes that are saved but not in their index yet.

    They are not lost: they wait in the database.

    Args:
        waiting: changes.
        oldest: when the first of them was made.
        parked: changes that somebody has to look at.
        silent: databases that do not answer, so that what waits in them is not known.
        down: labels of the connections for which changes wait, and that do not answer.
        seconds: that it takes to write them, at the rate of late; None where that is not known.
        workers: how many were seen of late.
        seen: when the last worker was; None if none ever was.
        late: whether a change waits for longer than it has to.
    """

    waiting: int = 0
    oldest: datetime | None = None
    parked: int = 0
    silent: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    seconds: float | None = None
    workers: int = 0
    seen: datetime | None = None
    late: bool = False

    @property
    def unattended(self) -> bool:
        """Whether a worker must be started for the changes that wait to be written."""
        return not self.workers and not self.silent and (self.late or _always_needed())

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with those that should write it."""
        if not self.unattended:
            return ()
        mend = (Mend("drain", "--forever"),)
        if self.seen is None:
            return (Problem("worker-never", level="error", mends=mend),)
        absent = max(timezone.now() - self.seen, ABSENT)
        minutes = int(absent / timedelta(minutes=1))
        return (Problem("worker-absent", {"count": minutes}, "error", mend),)


def _always_needed() -> bool:
    return get_options().sync == "worker"


def sum_up(
    outboxes: Iterable[tuple[str, OutboxStatus]],
    connections: Iterable[ConnectionHealth],
    workers: Mapping[str, Workers],
    silent: Iterable[str],
) -> Backlog:
    """Return the backlog of some indices.

    Args:
        outboxes: connection and outbox of each of them.
        connections: on which they are.
        workers: alias of each database that feeds them -> who drains its outbox.
        silent: those of these databases that do not answer.
    """
    pairs = list(outboxes)
    every = [outbox for _, outbox in pairs]
    waiting = sum(outbox.waiting for outbox in every)
    behind = {connection for connection, outbox in pairs if outbox.waiting}
    rates = [each.rate for each in workers.values() if each.rate]
    now = timezone.now()
    return Backlog(
        waiting=waiting,
        oldest=min((each.oldest for each in every if each.oldest), default=None),
        parked=sum(outbox.parked for outbox in every),
        silent=tuple(sorted(silent)),
        down=tuple(
            health.details.label
            for health in connections
            if health.details.alias in behind and not health.available
        ),
        seconds=waiting / sum(rates) if rates else None,
        workers=sum(each.alive for each in workers.values()),
        seen=max((each.seen for each in workers.values() if each.seen), default=None),
        late=any(outbox.is_late(now) for outbox in every),
    )
