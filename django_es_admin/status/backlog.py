"""Which changes wait, and when the indices will be up to date with their databases."""

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
    """The saved changes that are not in their index yet.

    They are not lost: they wait in the database.

    Args:
        waiting: the number of changes.
        oldest: when the oldest of them was made.
        parked: the number of parked changes.
        silent: databases that do not answer, so that their changes are unknown.
        down: labels of the connections that do not answer although changes wait for them.
        seconds: how long it takes to write the changes at the current rate; None if unknown.
        workers: how many workers were seen recently.
        seen: when a worker was last seen; None if there never was one.
        late: whether a change has waited longer than it should.
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
        """Whether a worker must be started to write the changes that wait."""
        return not self.workers and not self.silent and (self.late or _always_needed())

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems with the workers."""
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
        outboxes: connection and outbox of each index.
        connections: the connections of the indices.
        workers: alias of each database that feeds the indices -> the workers that drain its outbox.
        silent: the databases that do not answer.
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
