"""How an operation ends early: it is cancelled, given up, or its process was killed."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..exceptions import OperationRefused
from ..indices.definition import IndexDefinition
from ..models import Operation
from .history import OperationStatus, status_of
from .running import last_sign, operations_of


def find_cancel_refusal(operation: OperationStatus) -> str:
    """Return why an operation cannot be cancelled; "" if it can."""
    if not operation.alive:
        return _("The operation has ended.")
    if operation.row.cancel_requested:
        return _("It is being cancelled: it ends after the current step or batch.")
    return ""


def cancel(operation: OperationStatus) -> None:
    """Cancel an operation: immediately if it has not started, else at its next sign of life.

    The live generation does not change; a generation that is being built is not made live.

    Raises:
        OperationRefused: the operation cannot be cancelled.
    """
    refusal = find_cancel_refusal(operation)
    if refusal:
        raise OperationRefused(refusal)
    row = operation.row
    if row.state == Operation.State.QUEUED and row.finish(Operation.State.CANCELLED):
        return
    running = Operation.objects.using(operation.using).filter(
        pk=row.pk, state=Operation.State.RUNNING
    )
    running.update(cancel_requested=True)


@dataclass(frozen=True)
class Cancelled:
    """An operation that was cancelled.

    Args:
        at_once: whether the operation has ended. Otherwise it ends after its current step or batch.
    """

    operation: OperationStatus
    at_once: bool


def cancel_operations(
    definition: IndexDefinition, kinds: Collection[str] = ()
) -> tuple[Cancelled, ...]:
    """Cancel all operations on an index that run or wait, and return them.

    Args:
        kinds: the kinds of operations to cancel; all kinds if empty.
    """
    found = status_of(
        operations_of(definition).filter(
            state__in=[Operation.State.QUEUED, Operation.State.RUNNING]
        ),
        definition.database,
    )
    cancelled = []
    for operation in found:
        if kinds and operation.row.kind not in kinds:
            continue
        if not find_cancel_refusal(operation):
            cancel(operation)
            ended = operation.row.state == Operation.State.CANCELLED
            cancelled.append(Cancelled(operation, ended))
    return tuple(cancelled)


def give_up(using: str, key: int, error: str) -> None:
    """Record that a queued operation will not be done, if it still waits.

    Args:
        using: alias of the database that stores the operation.
        key: the primary key of the operation.
    """
    waiting = Operation.objects.using(using).filter(pk=key, state=Operation.State.QUEUED).first()
    if waiting is not None:
        waiting.finish(Operation.State.FAILED, error)


def explain_death(operation: Operation) -> str:
    """Return the error for an operation whose process was killed."""
    return f"Its process {operation.pid} on {operation.host} ended unexpectedly."


def bury(operation: Operation) -> None:
    """End an operation whose process was killed, at the time of its last sign of life."""
    error = operation.error or explain_death(operation)
    operation.finish(Operation.State.FAILED, error, at=last_sign(operation))
