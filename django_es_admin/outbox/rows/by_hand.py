"""What people do to rows: try them again, or discard them.

A change whose row is discarded reaches the index only with the next save, or a rebuild.
"""

from dataclasses import dataclass

from django.db.models import Count, Max, QuerySet

from ...models import OutboxEntry


def retry(rows: QuerySet[OutboxEntry]) -> int:
    """Make rows due now, their failures forgotten; return how many.

    A second delete keeps its time: sent earlier, it would come before what it has to undo.
    """
    return rows.filter(delete_sent=False).update(parked_at=None, due_at=None, attempts=0)


def parked(using: str, connection: str | None = None, index: str = "") -> QuerySet[OutboxEntry]:
    """Return the parked rows.

    Args:
        connection: only those for the connection of this alias.
        index: only those of this index.
    """
    rows = OutboxEntry.objects.using(using).filter(parked_at__isnull=False)
    if connection is not None:
        rows = rows.filter(connection=connection)
    return rows.filter(index=index) if index else rows


@dataclass(frozen=True)
class DiscardPlan:
    """What ``discard`` will do.

    Args:
        rows: number of rows that go.
        indices: of which they are, by name; twice where two connections have one of that name.
        until: primary key of the last of them; what is captured later is not part of the plan.
    """

    rows: int
    indices: tuple[str, ...]
    until: int


def plan_discard(rows: QuerySet[OutboxEntry]) -> DiscardPlan:
    """Return the plan to discard ``rows``, second deletes left out: these are only cautious."""
    found = _discardable(rows)
    totals = found.aggregate(rows=Count("pk"), until=Max("pk"))
    pairs = found.order_by("index", "connection").values_list("index", "connection").distinct()
    return DiscardPlan(totals["rows"], tuple(name for name, _ in pairs), totals["until"] or 0)


def discard(rows: QuerySet[OutboxEntry], until: int) -> int:
    """Delete those of ``rows`` that a plan listed; return how many.

    Args:
        until: of the plan.
    """
    _, deleted = _discardable(rows).filter(pk__lte=until).delete()
    return deleted.get(OutboxEntry._meta.label, 0)


def _discardable(rows: QuerySet[OutboxEntry]) -> QuerySet[OutboxEntry]:
    return rows.order_by().filter(delete_sent=False)
