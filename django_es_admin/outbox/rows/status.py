"""How many changes wait, for how long, and how many are parked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Min, Q, Sum

from ...conf import get_options
from ...indices.definition import IndexDefinition
from ...models import Generation, OutboxEntry


@dataclass(frozen=True)
class OutboxStatus:
    """The outbox of one index.

    Args:
        waiting: rows that are not in the index yet; second deletes are not among them.
        oldest: when the oldest of these was made; None if there are none.
        failing: those of them that were refused before.
        parked: rows that were parked after ``OUTBOX_MAX_ATTEMPTS``.
        second_deletes: rows whose delete is sent once more.
        stale_share: share of writes that came too late, as 0.02; None before the first.
        refused: documents that the live generation, built for older code, cannot hold.
        untried: when the oldest of those was made that nobody has tried yet; None if there are
            none.
    """

    waiting: int = 0
    oldest: datetime | None = None
    failing: int = 0
    parked: int = 0
    second_deletes: int = 0
    stale_share: float | None = None
    refused: int = 0
    untried: datetime | None = None

    def is_late(self, now: datetime) -> bool:
        """Whether a row waits for so long that it seems that no worker runs.

        What was refused waits for its next attempt, however many workers there are.
        """
        patience = 3 * get_options().delete_again_after
        return self.untried is not None and (now - self.untried).total_seconds() > patience


def read_outboxes(
    using: str, definitions: Iterable[IndexDefinition]
) -> dict[tuple[str, str], OutboxStatus]:
    """Return connection and name of each index -> the state of its outbox, in three queries.

    Args:
        using: alias of the database that feeds all of them.
    """
    active = Q(parked_at__isnull=True, delete_sent=False)
    rows = OutboxEntry.objects.using(using).order_by().values_list("connection", "index")
    found = {
        (connection, index): OutboxStatus(
            waiting, oldest, failing, parked, second_deletes, untried=untried
        )
        for (
            connection,
            index,
            waiting,
            oldest,
            failing,
            parked,
            second_deletes,
            untried,
        ) in rows.annotate(
            waiting=Count("pk", filter=active),
            oldest=Min("created_at", filter=active),
            failing=Count("pk", filter=active & Q(attempts__gt=0)),
            parked=Count("pk", filter=Q(parked_at__isnull=False)),
            second_deletes=Count("pk", filter=Q(parked_at__isnull=True, delete_sent=True)),
            untried=Min("created_at", filter=active & Q(attempts=0)),
        )
    }
    live = (
        Generation.objects.using(using)
        .filter(role=Generation.Role.LIVE)
        .order_by()
        .values_list("connection", "alias")
    )
    sums = {
        (connection, alias): (written, stale)
        for connection, alias, written, stale in live.annotate(
            all_written=Sum("written"), all_stale=Sum("stale")
        )
    }
    refused = {
        (connection, alias): number
        for connection, alias, number in live.annotate(number=Count("refused"))
    }
    statuses = {}
    for definition in definitions:
        key, of_alias = (definition.using, definition.name), (definition.using, definition.alias)
        written, stale = sums.get(of_alias, (0, 0))
        statuses[key] = replace(
            found.get(key, OutboxStatus()),
            stale_share=stale / written if written else None,
            refused=refused.get(of_alias, 0),
        )
    return statuses
