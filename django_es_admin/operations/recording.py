"""The record of an operation: made before anything is done, kept up to date, ended.

The process that works on an operation holds a lease, which is renewed whenever it reports progress.
The lease of a killed process expires, so another process can take over. If the process was only
suspended, it notices the takeover when it next reports progress, and stops.
"""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, Error, transaction
from django.db.models import Q, QuerySet

from ..clock import database_now
from ..exceptions import (
    DatabaseLost,
    LoadFailed,
    OperationCancelled,
    OperationRunning,
    OperationTakenOver,
)
from ..faults import close_broken
from ..incidents import tell
from ..indices.definition import IndexDefinition
from ..models import Operation, Tick
from ..outbox.rows.lock import wait_for_writers
from .acting import acts_through, note_begun, note_left, who_acts
from .machine import make_owner
from .patience import is_database_outage, outlast
from .progress import OnProgress, Progress, ignore
from .retention import forget_ended
from .running import (
    LEASE_SECONDS,
    QUEUE_SECONDS,
    explain_running,
    running_rebuild,
    unattended_rebuilds,
)

RECORD_SECONDS = 1.0


@dataclass
class Record:
    """An operation that this process works on.

    Args:
        operation: the row.
        on_progress: called with each progress that is recorded.

    Attributes:
        recorded: when the row was last written, by ``time.monotonic()``.
    """

    operation: Operation
    on_progress: OnProgress = ignore
    recorded: float = field(default=0.0, init=False)

    def tell(self, progress: Progress) -> None:
        """Record the progress of the operation, and renew its lease.

        Raises:
            OperationCancelled: the operation was cancelled.
            OperationTakenOver: another process works on the operation.
        """
        self.on_progress(progress)
        steps = self.operation.steps
        changed = not steps or steps[-1]["step"] != progress.step
        if changed:
            self._end_step()
            steps.append({"step": progress.step, "began": self._now(), "ended": None})
        if changed or steps[-1]["done"] != progress.done:
            # A sign of life is not progress: an operation that waits for a cluster also gives one.
            steps[-1]["moved"] = self._now()
        steps[-1] |= {"done": progress.done, "total": progress.total}
        if changed or time.monotonic() - self.recorded >= RECORD_SECONDS:
            self._save(steps=steps)

    def note(self, **details: Any) -> None:
        """Record facts immediately, for a process that may take over.

        Args:
            details: facts by their names; None removes a fact.
        """
        known = self.operation.details | details
        self._save(details={name: value for name, value in known.items() if value is not None})

    def name(self, generation: str) -> None:
        """Record which generation the operation creates or makes live."""
        self._save(generation=generation)

    def _end_step(self) -> None:
        if self.operation.steps and not self.operation.steps[-1]["ended"]:
            self.operation.steps[-1]["ended"] = self._now()

    @property
    def _using(self) -> str:
        return self.operation._state.db or DEFAULT_DB_ALIAS

    def _now(self) -> str:
        return outlast(partial(database_now, self._using)).isoformat()

    def _mine(self) -> QuerySet[Operation]:
        return Operation.objects.using(self._using).filter(
            pk=self.operation.pk, owner=self.operation.owner, state=Operation.State.RUNNING
        )

    def _save(self, **values: Any) -> None:
        self.recorded = time.monotonic()
        for name, value in values.items():
            setattr(self.operation, name, value)
        # A short failure of the database must not end an operation that takes hours.
        outlast(partial(self._write, values))

    def _write(self, values: Mapping[str, Any]) -> None:
        if not self._mine().update(leased_until=_lease(self._using), **values):
            raise OperationTakenOver(
                f"Another process took over the {self.operation.get_kind_display()} of "
                f"{self.operation.index}, as this process reported no progress for too long."
            )
        if self._mine().filter(cancel_requested=True).exists():
            raise OperationCancelled


@contextmanager
def recording(
    definition: IndexDefinition,
    kind: Operation.Kind,
    *,
    generation: str = "",
    on_progress: OnProgress = ignore,
    details: Mapping[str, Any] | None = None,
    queued: Operation | None = None,
) -> Iterator[Record]:
    """Record what is done in the context as an operation, with its outcome.

    Args:
        details: facts to store when the operation starts.
        queued: the row, if :func:`enqueue` made it.

    Raises:
        OperationRunning: another rebuild of the index is running.
        OperationCancelled: the queued operation was cancelled, or is already done.
    """
    operation = queued or outlast(partial(_row, definition, kind))
    operation.generation = generation
    operation.details |= details or {}
    _begin(definition, operation, is_new=queued is None)
    record = Record(operation, on_progress)
    try:
        yield record
    except BaseException as error:
        cancelled = isinstance(error, OperationCancelled | KeyboardInterrupt)
        state = Operation.State.CANCELLED if cancelled else Operation.State.FAILED
        failures = {"failures": error.failures} if isinstance(error, LoadFailed) else {}
        told = _told(error, definition)
        # If the database fails, this error must not hide the first one.
        close_broken()
        end = partial(operation.finish, state, told, details=operation.details | failures)
        with suppress(Error, DatabaseLost):
            # After Ctrl-C, do not wait for a database.
            waits = isinstance(error, Exception) and not is_database_outage(error)
            outlast(end) if waits else end()
        raise
    outlast(partial(operation.finish, Operation.State.DONE, details=operation.details))


def enqueue(
    definition: IndexDefinition,
    kind: Operation.Kind,
    *,
    details: Mapping[str, Any] | None = None,
) -> Operation:
    """Create the row of an operation that another process will do.

    Raises:
        OperationRunning: another rebuild of the index is running.
    """
    with _alone(definition, kind):
        operation = _row(definition, kind)
        operation.state = Operation.State.QUEUED
        operation.leased_until = database_now(definition.database) + timedelta(
            seconds=QUEUE_SECONDS
        )
        operation.details |= details or {}
        if through := acts_through():
            operation.details["through"] = through
        operation.save(using=definition.database)
    note_begun(operation)
    return operation


def _row(definition: IndexDefinition, kind: Operation.Kind) -> Operation:
    note = note_left()
    return Operation(
        connection=definition.using,
        index=definition.name,
        kind=kind,
        who=who_acts(),
        details={"note": note} if note else {},
        created_at=database_now(definition.database),
    )


def _begin(definition: IndexDefinition, operation: Operation, *, is_new: bool) -> None:
    operation.state = Operation.State.RUNNING
    operation.host, operation.pid = socket.gethostname(), os.getpid()
    operation.owner = make_owner()

    def begin() -> None:
        operation.leased_until = _lease(definition.database)
        operation.begun_at = database_now(definition.database)
        with _alone(definition, operation.kind, operation):
            (_insert if is_new else _take)(operation, definition.database)

    outlast(begin)
    note_begun(operation)
    outlast(partial(forget_ended, definition))


def _insert(operation: Operation, using: str) -> None:
    """Insert the row only once, because the answer to a commit may have been lost."""
    made = Operation.objects.using(using).filter(owner=operation.owner).first()
    operation.pk = made.pk if made else None
    operation._state.adding = made is None
    operation.save(using=using)


def _take(operation: Operation, using: str) -> None:
    """Start a queued operation, unless it was cancelled or started since it was read."""
    names = ("state", "host", "pid", "owner", "leased_until", "begun_at", "generation", "details")
    free = Q(state=Operation.State.QUEUED) | Q(owner=operation.owner)
    waiting = Operation.objects.using(using).filter(free, pk=operation.pk)
    if not waiting.update(**{name: getattr(operation, name) for name in names}):
        raise OperationCancelled


@contextmanager
def _alone(definition: IndexDefinition, kind: str, own: Operation | None = None) -> Iterator[None]:
    """Let only one process at a time check whether a rebuild is running, and start one.

    Args:
        own: the operation to start, if it is queued.
    """
    using = definition.database
    if kind != Operation.Kind.REBUILD:
        yield
        return
    Tick.objects.using(using).get_or_create(pk=1, defaults={"value": 0})
    with transaction.atomic(using=using):
        wait_for_writers(using)
        Tick.objects.using(using).select_for_update().get(pk=1)
        other = running_rebuild(definition)
        if other and not (own and (own.pk == other.pk or own.owner == other.owner)):
            raise OperationRunning(explain_running(other))
        for late in unattended_rebuilds(definition):
            if own is None or late.pk != own.pk:
                late.finish(
                    Operation.State.FAILED,
                    "No worker of the background tasks began it within a minute, and another "
                    "rebuild was begun: start a worker.",
                )
        yield


def _told(error: BaseException, definition: IndexDefinition) -> str:
    """Return the error of an operation for its page."""
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted."
    return tell(error, f"An operation of {definition.name}")


def _lease(using: str) -> datetime:
    return database_now(using) + timedelta(seconds=LEASE_SECONDS)
