"""Cancel an operation that goes on."""

from django.utils import timezone
from django.utils.translation import gettext as _

from ..exceptions import OperationRefused
from ..models import Operation
from .history import OperationStatus


def find_cancel_refusal(operation: OperationStatus) -> str:
    """Return why an operation cannot be cancelled; "" if it can."""
    if not operation.alive:
        return _("The operation has ended.")
    if operation.row.cancel_requested:
        return _("It is being cancelled: it ends with the step or the batch at hand.")
    return ""


def cancel(operation: OperationStatus) -> None:
    """Ask an operation to end: at once if nobody works on it yet, else at its next sign of life.

    The live generation stays as it is; one that is being built is not made live.

    Raises:
        OperationRefused: there is nothing to cancel.
    """
    refusal = find_cancel_refusal(operation)
    if refusal:
        raise OperationRefused(refusal)
    rows = Operation.objects.using(operation.using).filter(pk=operation.row.pk)
    waiting = rows.filter(state=Operation.State.QUEUED)
    if not waiting.update(state=Operation.State.CANCELLED, ended_at=timezone.now()):
        rows.filter(state=Operation.State.RUNNING).update(cancel_requested=True)
