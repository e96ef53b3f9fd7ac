"""Try rows again that were given up, or that wait for their next attempt."""

from django.db.models import QuerySet

from ..models import OutboxEntry


def retry(rows: QuerySet[OutboxEntry]) -> int:
    """Make rows due now, their failures forgotten; return how many.

    A second delete keeps its time: sent earlier, it would come before what it is there to undo.
    """
    return rows.filter(delete_sent=False).update(parked_at=None, due_at=None, attempts=0)
