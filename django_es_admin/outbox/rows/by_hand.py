"""What people do to rows: try them again, or discard them.

After its row was discarded, a change reaches the index only with the next save or a rebuild.
"""

from dataclasses import dataclass

from django.db.models import Count, Max, QuerySet

from ...models import OutboxEntry


def retry(rows: QuerySet[OutboxEntry]) -> int:
    """Make rows due now, with no failed attempts; return how many.

    Second deletes keep their time. If sent too early, they could arrive before the late write that
    they have to undo.
    """
    return rows.filter(delete_sent=False).update(parked_at=None, due_at=None, attempts=0)


def parked(using: str, connection: str | None = None, index: str = "") -> QuerySet[OutboxEntry]:
    """Return the parked rows.

    Args:
        connection: only rows for the connection with this alias.
        index: only rows of this index.
    """
    rows = OutboxEntry.objects.using(using).filter(parked_at__isnull=False)
    if connection is not None:
        rows = rows.filter(connection=connection)
    return rows.filter(index=index) if index else rows


@dataclass(frozen=True)
class DiscardPlan:
    """The plan of ``discard``.

    Args:
        rows: the number of rows to delete.
        indices: the names of their indices. A name occurs twice if two connections have an index of
            that name.
        until: the primary key of the last row. Rows that are captured later are not part of the
            plan.
    """

    rows: int
    indices: tuple[str, ...]
    until: int


def plan_discard(rows: QuerySet[OutboxEntry]) -> DiscardPlan:
    """Return the plan to discard ``rows``. Second deletes are kept, because they are harmless."""
    found = _discardable(rows)
    totals = found.aggregate(rows=Count("pk"), until=Max("pk"))
    pairs = found.order_by("index", "connection").values_list("index", "connection").distinct()
    return DiscardPlan(totals["rows"], tuple(name for name, _ in pairs), totals["until"] or 0)


def discard(rows: QuerySet[OutboxEntry], until: int) -> int:
    """Delete those of ``rows`` that a plan listed; return how many.

    Args:
        until: the ``until`` of the plan.
    """
    _, deleted = _discardable(rows).filter(pk__lte=until).delete()
    return deleted.get(OutboxEntry._meta.label, 0)


def _discardable(rows: QuerySet[OutboxEntry]) -> QuerySet[OutboxEntry]:
    return rows.order_by().filter(delete_sent=False)
