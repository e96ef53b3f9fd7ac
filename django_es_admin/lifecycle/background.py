"""A rebuild that one process asks for and another one does."""

from django.db.models import QuerySet
from django.utils import timezone

from ..exceptions import ElasticsearchAdminError, OperationRefused
from ..indices.definition import get_definition
from ..models import Operation
from .rebuild import RebuildPlan, RebuildResult, plan_rebuild, rebuild
from .recording import enqueue


def queue_rebuild(plan: RebuildPlan, *, who: str) -> Operation:
    """Make the record of a rebuild that a background task is to do.

    Raises:
        OperationRefused: the plan has refusals, or another rebuild goes on.
    """
    if plan.refusals:
        raise OperationRefused(" ".join(plan.refusals))
    return enqueue(
        plan.definition, Operation.Kind.REBUILD, who=who, details={"source": plan.source}
    )


def do_queued_rebuild(using: str, key: int) -> RebuildResult | None:
    """Do a rebuild that was asked for; None if it was cancelled before, or is done already.

    Args:
        using: alias of the database that its record is stored in.
        key: primary key of the record.

    Raises:
        ElasticsearchAdminError: as of :func:`~django_es_admin.lifecycle.rebuild.rebuild`.
    """
    row = _queued(using, key).first()
    if row is None:
        return None
    try:
        plan = plan_rebuild(get_definition(row.index, row.connection), queued=row)
        return rebuild(plan, who=row.who, queued=row)
    except ElasticsearchAdminError as error:
        # What fails before it begins is not on its record yet.
        give_up(using, key, str(error))
        raise


def give_up(using: str, key: int, error: str) -> None:
    """Record that a rebuild that still waits is not going to be done."""
    _queued(using, key).update(state=Operation.State.FAILED, error=error, ended_at=timezone.now())


def _queued(using: str, key: int) -> QuerySet[Operation]:
    return Operation.objects.using(using).filter(pk=key, state=Operation.State.QUEUED)
