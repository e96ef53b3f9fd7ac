"""Drain immediately, instead of waiting for a worker."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ..conf import get_options
from ..exceptions import OperationRefused
from ..indices.definition import IndexDefinition
from ..models import Operation, OutboxEntry
from ..operations.progress import Progress
from ..operations.recording import recording
from ..operations.refusals import find_readonly_refusals
from ..outbox.drain.batch import DrainResult
from ..outbox.drainers.worker import DrainReport, drain_due
from ..outbox.rows.by_hand import parked, retry
from ..outbox.rows.claim import waiting
from ..said import Said, together


@dataclass(frozen=True)
class DrainPlan:
    """The plan of ``drain_now``.

    Args:
        waiting: the rows of the index's connection that are due or claimed, including second
            deletes.
        parked: the parked rows of the index that are tried again.
        takes_long: whether a background task should do it, because it may take minutes.
        refusals: why the operation cannot be done; empty if it can.
    """

    definition: IndexDefinition
    waiting: int
    parked: int
    takes_long: bool
    refusals: tuple[str, ...]


def plan_drain(definition: IndexDefinition, *, again: bool = False) -> DrainPlan:
    """Return the plan of :func:`drain_now`.

    Args:
        again: whether to try parked rows of the index again.
    """
    refusals = find_readonly_refusals(definition)
    if definition.document is None:
        text = _("The index %(name)s has no document, and so no outbox.")
        refusals.append(Said(text, {"name": definition.name}))
        return DrainPlan(definition, 0, 0, False, tuple(refusals))
    given_up = _parked(definition).count() if again else 0
    rows = waiting(definition.database).filter(connection=definition.using)
    count = rows.count()
    much = count + given_up > get_options().inline_max_objects
    takes_long = much or rows.filter(cursor__gt="").exists()
    return DrainPlan(definition, count, given_up, takes_long, tuple(refusals))


def _parked(definition: IndexDefinition) -> QuerySet[OutboxEntry]:
    return parked(definition.database, definition.using, definition.name)


def _left(definition: IndexDefinition) -> int:
    """Return how many changes of the connection are new; the others are counted separately."""
    rows = OutboxEntry.objects.using(definition.database).filter(connection=definition.using)
    return rows.filter(parked_at=None, delete_sent=False, attempts=0).count()


def drain_now(plan: DrainPlan, *, queued: Operation | None = None) -> DrainReport:
    """Drain every row of the connection that is due.

    Args:
        queued: the record of the operation, if it was queued.

    Raises:
        OperationRefused: the plan has refusals.
        OperationCancelled: the operation was cancelled; what was written is acknowledged.
        ElasticsearchAdminError: the connection did not answer; the rows wait.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    definition = plan.definition
    with recording(definition, Operation.Kind.DRAIN, queued=queued) as record:
        record.tell(Progress(definition.name, "drain", 0, plan.waiting))
        if plan.parked:
            retry(_parked(definition))

        def tell(total: DrainResult) -> None:
            done = min(total.written + total.deleted, plan.waiting)
            record.tell(Progress(definition.name, "drain", done, plan.waiting))

        report = drain_due(definition.using, tell)
        result = report.result
        record.tell(Progress(definition.name, "drain", plan.waiting, plan.waiting))
        record.operation.details |= {
            "written": result.written,
            "deleted": result.deleted,
            "failed": result.failed,
            "held": result.held,
            "waiting": _left(definition),
            "second_deletes": report.second_deletes,
            "parked": report.parked,
        }
        for stopped in result.stopped:
            raise stopped.error
    return report
