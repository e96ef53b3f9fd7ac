"""Past and running operations, as pages and commands show them."""

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
from .progress import Step
from .running import (
    is_alive,
    is_unattended,
    last_sign,
    now_of,
    operations_in,
    operations_of,
)

HISTORY = 50
"""The number of operations that the page of an index lists."""

QUIET = 15.0
"""The page reports a step that made no progress for this many seconds."""

_ORDER: Mapping[str, tuple[Step, ...]] = {
    Operation.Kind.CREATE: ("create",),
    Operation.Kind.REBUILD: ("create", "load", "drain", "settle", "gate", "swap", "standby"),
    Operation.Kind.SWAP: ("swap", "standby"),
    Operation.Kind.ROLLBACK: ("swap", "standby"),
    Operation.Kind.PRUNE: ("delete",),
    Operation.Kind.DELETE: ("delete",),
    Operation.Kind.REFRESH: ("refresh",),
    Operation.Kind.DRAIN: ("drain",),
    Operation.Kind.VERIFY: ("verify", "ghosts"),
    Operation.Kind.UPDATE: ("update", "drain"),
    Operation.Kind.SYNONYMS: ("synonyms",),
    Operation.Kind.PREVIEW: ("preview",),
}
"""The steps of each kind of operation, without those that only some operations have."""

_AFTER_THE_BUILD = ("swap", "standby")

_OPEN = (Operation.State.QUEUED, Operation.State.RUNNING)
_MOVES = (Operation.Kind.REBUILD, Operation.Kind.SWAP, Operation.Kind.ROLLBACK)


@dataclass(frozen=True)
class StepStatus:
    """One step of an operation.

    Args:
        name: see :data:`~django_es_admin.operations.progress.Step`.
        ended: when the step ended; None while it is running, or if its process was killed.
        done: how much is done, in the unit of the step.
        total: how much there is to do; None if unknown.
        moved: when the step last made progress; None if that was not recorded.
        stopped: when the process was last known to be alive, if it was killed.
        now: the database's time when the step was read, if it is running.
    """

    name: str
    began: datetime
    ended: datetime | None
    done: int
    total: int | None
    moved: datetime | None = None
    stopped: datetime | None = None
    now: datetime | None = None

    @property
    def seconds(self) -> float:
        """How long the step has taken so far, or until its process was killed."""
        return _between(self.began, self.ended or self.stopped or self.now or timezone.now())

    @property
    def rate(self) -> float | None:
        """How much is done per second; None if there is nothing to count."""
        # While there is no progress, the rate stays the same instead of going down.
        seconds = self.seconds if self.ended else _between(self.began, self.moved) or self.seconds
        return self.done / seconds if self.total and self.done and seconds else None

    @property
    def quiet(self) -> float | None:
        """For how many seconds the step made no progress; None if that is not long."""
        if self.ended or self.stopped or self.moved is None:
            return None
        quiet = _between(self.moved, self.now or timezone.now())
        return quiet if quiet >= QUIET else None

    @property
    def seconds_left(self) -> float | None:
        """How long the step will take at that rate; None if unknown."""
        if self.ended or self.stopped or self.quiet or self.total is None or not self.rate:
            return None
        return max(self.total - self.done, 0) / self.rate


@dataclass(frozen=True)
class OperationStatus:
    """One operation.

    Args:
        row: the stored operation.
        using: alias of the database that stores it.
    """

    row: Operation
    using: str

    @cached_property
    def now(self) -> datetime:
        """The database's time when the operation was read."""
        return now_of(self.row)

    @cached_property
    def clock(self) -> Clock:
        """The difference between the database's clock and the clock of this process."""
        return clock_of(self.now)

    @property
    def began(self) -> datetime:
        """When the operation was started or queued, by the clock of this process."""
        return self.clock.here(self.row.created_at)

    @cached_property
    def alive(self) -> bool:
        """Whether a process works on the operation, or is going to."""
        return is_alive(self.row)

    @cached_property
    def unattended(self) -> bool:
        """Whether the operation has waited so long that there may be no worker."""
        return is_unattended(self.row)

    @property
    def is_rebuild(self) -> bool:
        """Whether the operation is a rebuild."""
        return self.row.kind == Operation.Kind.REBUILD

    @property
    def interrupted(self) -> bool:
        """Whether the process of the operation was killed."""
        return self.row.state == Operation.State.RUNNING and not self.alive

    @cached_property
    def steps(self) -> tuple[StepStatus, ...]:
        """The steps so far."""
        stopped = self.ended if self.interrupted else None
        return tuple(_step(step, stopped, self.now) for step in self.row.steps)

    @property
    def current(self) -> StepStatus | None:
        """The running step."""
        if not (self.alive and self.steps) or self.steps[-1].ended:
            return None
        return self.steps[-1]

    @property
    def coming(self) -> tuple[Step, ...]:
        """The steps that have not started, in order; none unless the operation is running."""
        if not self.alive:
            return ()
        order = _ORDER.get(self.row.kind, ())
        if self.row.details.get("swap") is False:
            order = tuple(step for step in order if step not in _AFTER_THE_BUILD)
        begun = [step.name for step in self.steps]
        last = max((order.index(name) for name in begun if name in order), default=-1)
        return tuple(order[last + 1 :])

    def seconds_left(self) -> float | None:
        """Return the seconds left, judging by the last operation of this kind; None if unknown."""
        if not self.alive:
            return None
        last = {step.name: step.seconds for step in _last_done(self.row, self.using)}
        left = 0.0
        if current := self.current:
            own = current.seconds_left
            if own is None and (current.quiet or current.name not in last or current.total):
                return None
            left += max(last[current.name] - current.seconds, 0.0) if own is None else own
        if not last.keys() >= set(self.coming):
            return None
        return left + sum(last[name] for name in self.coming)

    @property
    def failures(self) -> list[tuple[str, str]]:
        """Key and error of the first documents that were refused."""
        return [(str(key), str(why)) for key, why in self.row.details.get("failures", ())]

    @property
    def note(self) -> str:
        """The note of the user; "" if there is none."""
        return str(self.row.details.get("note") or "")

    @property
    def source(self) -> str:
        """The generation that was live before; "" if none was."""
        told = self.row.details
        moved = self.row.state == Operation.State.DONE and told.get("swap") is not False
        return str(told.get("source") or "") if moved and self.row.kind in _MOVES else ""

    @property
    def ended(self) -> datetime | None:
        """When the operation ended, or was last known to be alive if its process was killed."""
        return last_sign(self.row) if self.interrupted else self.row.ended_at

    @property
    def begun(self) -> datetime | None:
        """When the work began; None if it has not begun."""
        if self.row.begun_at or not self.row.host:
            return self.row.begun_at
        # Operations of older versions do not record this; one that did not wait began immediately.
        return self.steps[0].began if self.row.steps else self.row.created_at

    @property
    def waited(self) -> float:
        """How many seconds the operation waited until a process started it."""
        return _between(self.row.created_at, self.begun or self.ended or self.now)

    @property
    def worked(self) -> float | None:
        """How many seconds the operation ran; None if it never started."""
        return _between(self.begun, self.ended or self.now) if self.begun else None


def _between(start: datetime, end: datetime | None) -> float:
    """Return the seconds between two times, at least 0."""
    return max((end - start).total_seconds(), 0.0) if end else 0.0


def _step(step: Mapping[str, Any], stopped: datetime | None, now: datetime) -> StepStatus:
    return StepStatus(
        name=step["step"],
        began=_moment(step["began"]),
        ended=_moment(step["ended"]) if step["ended"] else None,
        done=step.get("done", 0),
        total=step.get("total"),
        moved=_moment(step["moved"]) if step.get("moved") else None,
        stopped=None if step["ended"] else stopped,
        now=None if step["ended"] else now,
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def status_of(rows: Iterable[Operation], using: str) -> tuple[OperationStatus, ...]:
    """Return the operations for rows of one database."""
    return tuple(OperationStatus(row, using) for row in rows)


def open_operations(using: str) -> tuple[OperationStatus, ...]:
    """Return the running and queued operations of one database, the newest first."""
    found = status_of(_all(using).filter(state__in=_OPEN), using)
    return tuple(operation for operation in found if operation.alive)


def last_operations(using: str) -> dict[tuple[str, str], OperationStatus]:
    """Return connection and name of each index -> its last operation, in one query."""
    newest = _all(using).order_by().values("connection", "index").annotate(last=Max("pk"))
    rows = _all(using).filter(pk__in=newest.values("last"))
    return {(row.connection, row.index): OperationStatus(row, using) for row in rows}


def last_verifications(using: str) -> dict[tuple[str, str], OperationStatus]:
    """Return connection and name of each index -> its last finished comparison."""
    done = _all(using).filter(kind=Operation.Kind.VERIFY, state=Operation.State.DONE)
    newest = done.order_by().values("connection", "index").annotate(last=Max("pk"))
    rows = done.filter(pk__in=newest.values("last"))
    return {(row.connection, row.index): OperationStatus(row, using) for row in rows}


def _all(using: str) -> QuerySet[Operation]:
    return operations_in(using)


def operations_on(connection: str, index: str, using: str) -> tuple[OperationStatus, ...]:
    """Return the last operations of one index, the newest first."""
    rows = _all(using).filter(connection=connection, index=index)
    return status_of(rows[:HISTORY], using)


def _last_done(row: Operation, using: str) -> tuple[StepStatus, ...]:
    """Return the steps of the last finished operation of the same kind on the index."""
    done = _all(using).filter(
        connection=row.connection,
        index=row.index,
        kind=row.kind,
        state=Operation.State.DONE,
    )
    last = status_of(done.exclude(pk=row.pk).order_by("-pk")[:1], using)
    return last[0].steps if last else ()


def get_operation(using: str, key: str) -> OperationStatus:
    """Return one operation.

    Args:
        using: alias of the database that stores the operation.
        key: the primary key of the operation, as text.

    Raises:
        OperationMissing: the operation does not exist, or was removed.
    """
    known = using in connections and key.isdecimal() and len(key) < 19
    row = _all(using).filter(pk=key).first() if known else None
    if row is None:
        raise OperationMissing(f"There is no operation {key!r} in the database {using!r}.")
    return OperationStatus(row, using)


def last_rate(definition: IndexDefinition) -> float | None:
    """Return how many rows per second the last rebuild loaded; None if unknown."""
    done = operations_of(definition).filter(kind=Operation.Kind.REBUILD, state=Operation.State.DONE)
    last = status_of(done.order_by("-pk")[:1], definition.database)
    steps = last[0].steps if last else ()
    return next((step.rate for step in steps if step.name == "load"), None)
