"""Drain at once, and not when the next worker comes by."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..conf import get_options
from ..exceptions import OperationRefused
from ..indices.definition import IndexDefinition
from ..models import Operation
from ..outbox.claim import waiting
from ..outbox.worker import DrainReport, drain_once
from .progress import Progress
from .recording import recording
from .refusals import find_readonly_refusals


@dataclass(frozen=True)
class DrainPlan:
    """What ``drain_now`` will do.

    Args:
        waiting: rows of the index's connection that are due or claimed, second deletes included.
        refusals: why it cannot be done, empty if it can.
    """

    definition: IndexDefinition
    waiting: int
    refusals: tuple[str, ...]


def plan_drain(definition: IndexDefinition) -> DrainPlan:
    """Return the plan of :func:`drain_now`; of few rows, as somebody waits for its end."""
    refusals = find_readonly_refusals(definition)
    if definition.document is None:
        text = _("The index %(name)s has no document, and so no outbox.")
        refusals.append(text % {"name": definition.name})
        return DrainPlan(definition, 0, tuple(refusals))
    rows = waiting(definition.database).filter(connection=definition.using)
    count = rows.count()
    most = get_options().inline_max_objects
    if count > most or rows.filter(cursor__gt="").exists():
        text = _(
            "%(count)s changes wait, which is too much for one request: run `manage.py es_drain`."
        )
        refusals.append(text % {"count": count})
    return DrainPlan(definition, count, tuple(refusals))


def drain_now(plan: DrainPlan, *, who: str = "") -> DrainReport:
    """Handle every row of the connection that is due.

    Args:
        who: the user; the account of this process if omitted.

    Raises:
        OperationRefused: the plan has refusals.
        ElasticsearchAdminError: the connection did not answer; the rows wait.
    """
    if plan.refusals:
        raise OperationRefused(" ".join(plan.refusals))
    definition = plan.definition
    with recording(definition, Operation.Kind.DRAIN, who=who) as record:
        record.tell(Progress(definition.name, "drain", 0, plan.waiting))
        report = drain_once(definition.using)
        result = report.result
        record.tell(Progress(definition.name, "drain", plan.waiting, plan.waiting))
        record.operation.details |= {
            "written": result.written,
            "deleted": result.deleted,
            "failed": result.failed,
            "held": result.held,
            "second_deletes": report.second_deletes,
            "parked": report.parked,
        }
        for stopped in result.stopped:
            raise stopped.error
    return report
