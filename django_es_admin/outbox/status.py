"""How many changes wait, for how long, and how many were given up."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, Sum

from ..conf import get_options
from ..indices.definition import IndexDefinition
from ..models import Generation, OutboxEntry


@dataclass(frozen=True)
class OutboxStatus:
    """The outbox of one index.

    Args:
        waiting: rows that are not in the index yet; second deletes are not among them.
        oldest: when the oldest of these was made; None if there are none.
        failing: those of them that were refused before.
        parked: rows that were given up after ``OUTBOX_MAX_ATTEMPTS``.
        second_deletes: rows whose delete is sent once more.
        stale_share: share of writes that came too late, as 0.02; None before the first.
        refused: documents that the live generation, built for older code, cannot hold.
    """

    waiting: int = 0
    oldest: datetime | None = None
    failing: int = 0
    parked: int = 0
    second_deletes: int = 0
    stale_share: float | None = None
    refused: int = 0

    def is_late(self, now: datetime) -> bool:
        """Whether the oldest row waits for so long that it seems that no worker runs."""
        patience = 3 * get_options().delete_again_after
        return self.oldest is not None and (now - self.oldest).total_seconds() > patience


def read_outbox(definition: IndexDefinition) -> OutboxStatus:
    """Return the state of the outbox of one index."""
    if definition.document is None:
        return OutboxStatus()
    using, alias = definition.database, definition.connection.alias
    active = Q(parked_at__isnull=True, delete_sent=False)
    rows = OutboxEntry.objects.using(using).filter(connection=alias, index=definition.name)
    found = rows.aggregate(
        waiting=Count("pk", filter=active),
        oldest=Min("created_at", filter=active),
        failing=Count("pk", filter=active & Q(attempts__gt=0)),
        parked=Count("pk", filter=Q(parked_at__isnull=False)),
        second_deletes=Count("pk", filter=Q(parked_at__isnull=True, delete_sent=True)),
    )
    live = Generation.objects.using(using).filter(
        connection=alias, alias=definition.alias, role=Generation.Role.LIVE
    )
    counts = live.aggregate(written=Sum("written"), stale=Sum("stale"))
    share = counts["stale"] / counts["written"] if counts["written"] else None
    refused = live.aggregate(number=Count("refused"))["number"]
    return OutboxStatus(**found, stale_share=share, refused=refused)
