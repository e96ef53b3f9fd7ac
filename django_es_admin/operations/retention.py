"""How long the records of operations are kept, and how operations of killed processes end."""

from datetime import datetime, timedelta

from ..clock import database_now
from ..conf import get_options
from ..indices.definition import IndexDefinition
from ..models import Operation
from .ending import bury, give_up
from .running import is_dead, operations_of


def forget_ended(definition: IndexDefinition) -> None:
    """Delete records older than ``OPERATION_RETENTION``, except the last one of each index.

    The pages show the last operation of an index, however old it is. Operations that never ended,
    because the process was killed or the task was lost, are ended here first.
    """
    old = database_now(definition.database) - timedelta(days=get_options().operation_retention)
    _end_abandoned(definition, old)
    ended = operations_of(definition).filter(ended_at__isnull=False)
    last = ended.values_list("pk", flat=True).first()
    if last is not None:
        ended.filter(ended_at__lt=old).exclude(pk=last).delete()


def _end_abandoned(definition: IndexDefinition, old: datetime) -> None:
    for operation in operations_of(definition).filter(state=Operation.State.RUNNING):
        # The next rebuild ends a killed rebuild itself, because it resumes its build.
        if operation.kind != Operation.Kind.REBUILD and is_dead(operation):
            bury(operation)
    # A worker may still start a queued operation, but not after so long.
    waiting = operations_of(definition).filter(state=Operation.State.QUEUED, created_at__lt=old)
    for operation in waiting:
        give_up(definition.database, operation.pk, "No worker of the background tasks began it.")
