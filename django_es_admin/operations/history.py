"""The operations that there were: what their rows tell people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connections
from django.db.models import Max, QuerySet
from django.utils import timezone

from ..clock import Clock, clock_of
from ..exceptions import OperationMissing
from ..indices.definition import IndexDefinition
from ..models import Operation
from .running import is_alive, now_of, operations_in, operations_of

HISTORY = 50
"""Operations of one index that its page lists."""

_OPEN = (Operation.State.QUEUED, Operation.State.RUNNING)


@dataclass(frozen=True)
class StepStatus:
    """One step of an operation.

    Args:
        name: as in :data:`~django_es_admin.operations.progress.Step`.
        ended: None while it goes on, or where its process was killed.
        done: how much of it is done, in its own unit.
        total: of how much; None where that is not known.
        now: the database's time when it was read, if it goes on.
    """

    name: str
    began: datetime
    ended: datetime | None
    done: int
    total: int | None
    now: datetime | None = None

    @property
    def seconds(self) -> float:
        """For how long it went on until now."""
        return ((self.ended or self.now or timezone.now()) - self.began).total_seconds()

    @property
    def rate(self) -> float | None:
        """How much was done each second; None where there is nothing to count."""
        return self.done / self.seconds if self.total and self.done and self.seconds else None

    @property
    def seconds_left(self) -> float | None:
        """How long it will take at that rate; None where that cannot be told."""
        if self.ended or self.total is None or not self.rate:
            return None
        return max(self.total - self.done, 0) / self.rate


@dataclass(frozen=True)
class OperationStatus:
    """One operation.

    Args:
        row: as it is stored.
        using: alias of the database that it is stored in.
    """

    row: Operation
    using: str

    @cached_property
    def now(self) -> datetime:
        """The database's time when it was read."""
        return now_of(self.row)

    @cached_property
    def clock(self) -> Clock:
        """How the clock of the times that it has differs from that of this process."""
        return clock_of(self.now)

    @property
    def began(self) -> datetime:
        """When it was begun, by the clock of this process."""
        return self.clock.here(self.row.created_at)

    @cached_property
    def alive(self) -> bool:
        """Whether some process works on it, or is going to."""
        return is_alive(self.row)

    @property
    def interrupted(self) -> bool:
        """Whether its process ended without a word."""
        return self.row.state == Operation.State.RUNNING and not self.alive

    @cached_property
    def steps(self) -> tuple[StepStatus, ...]:
        """Its steps until now."""
        return tuple(_step(step, None if step["ended"] else self.now) for step in self.row.steps)

    @property
    def current(self) -> StepStatus | None:
        """The step that goes on."""
        if not (self.alive and self.steps) or self.steps[-1].ended:
            return None
        return self.steps[-1]

    @property
    def failures(self) -> list[tuple[str, str]]:
        """Key and reason of the first documents that were refused."""
        return [(str(key), str(why)) for key, why in self.row.details.get("failures", ())]

    @property
    def seconds(self) -> float:
        """For how long it went on until now."""
        return ((self.row.ended_at or self.now) - self.row.created_at).total_seconds()


def _step(step: Mapping[str, Any], now: datetime | None) -> StepStatus:
    return StepStatus(
        name=step["step"],
        began=_moment(step["began"]),
        ended=_moment(step["ended"]) if step["ended"] else None,
        done=step.get("done", 0),
        total=step.get("total"),
        now=now,
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def status_of(rows: Iterable[Operation], using: str) -> tuple[OperationStatus, ...]:
    """Return what rows of one database tell."""
    return tuple(OperationStatus(row, using) for row in rows)


def open_operations(using: str) -> tuple[OperationStatus, ...]:
    """Return the operations of one database that go on or wait, the newest first."""
    found = status_of(_all(using).filter(state__in=_OPEN), using)
    return tuple(operation for operation in found if operation.alive)


def last_operations(using: str) -> dict[tuple[str, str], OperationStatus]:
    """Return connection and name of each index -> its last operation, in one query."""
    newest = _all(using).order_by().values("connection", "index").annotate(last=Max("pk"))
    rows = _all(using).filter(pk__in=newest.values("last"))
    return {(row.connection, row.index): OperationStatus(row, using) for row in rows}


def _all(using: str) -> QuerySet[Operation]:
    return operations_in(using)


def operations_on(connection: str, index: str, using: str) -> tuple[OperationStatus, ...]:
    """Return the last operations of one index, the newest first."""
    rows = _all(using).filter(connection=connection, index=index)
    return status_of(rows[:HISTORY], using)


def get_operation(using: str, key: str) -> OperationStatus:
    """Return one operation.

    Args:
        using: alias of the database that it is stored in.
        key: its primary key, as text.

    Raises:
        OperationMissing: there is none, or not any more.
    """
    known = using in connections and key.isdecimal() and len(key) < 19
    row = _all(using).filter(pk=key).first() if known else None
    if row is None:
        raise OperationMissing(f"There is no operation {key!r} in the database {using!r}.")
    return OperationStatus(row, using)


def last_rate(definition: IndexDefinition) -> float | None:
    """Return how many rows the last rebuild loaded each second; None where that is not known."""
    done = operations_of(definition).filter(kind=Operation.Kind.REBUILD, state=Operation.State.DONE)
    last = status_of(done.order_by("-pk")[:1], definition.database)
    steps = last[0].steps if last else ()
    return next((step.rate for step in steps if step.name == "load"), None)
