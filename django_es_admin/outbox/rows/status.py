"""How many changes wait, for how long, and how many are parked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Min, Q, Sum

from ...clock import Clock, read_clock
from ...conf import get_options
from ...indices.definition import IndexDefinition
from ...models import Generation, OutboxEntry


@dataclass(frozen=True)
class OutboxStatus:
    """The outbox of one index.

    Args:
        waiting: rows whose change is not in the index yet, without second deletes.
        oldest: when the oldest waiting row was made, by the clock of this process; None if none
            waits.
        failing: waiting rows that have failed before.
        parked: rows that were parked after ``OUTBOX_MAX_ATTEMPTS``.
        second_deletes: rows whose delete is sent once more.
        stale_share: the share of writes that came too late, such as 0.02; None before the first
            write.
        refused: documents that the live generation, built for older code, cannot store.
        untried: when the oldest row that has never been tried was made; None if there is none.
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
        """Return whether a row has waited so long that apparently no worker is running.

        Rows that failed do not count, because they wait for their next attempt in any case.
        """
        patience = 3 * get_options().delete_again_after
        return self.untried is not None and (now - self.untried).total_seconds() > patience


def read_outboxes(
    using: str, definitions: Iterable[IndexDefinition]
) -> dict[tuple[str, str], OutboxStatus]:
    """Return connection and name of each index -> the status of its outbox, with six queries.

    Args:
        using: alias of the database that feeds the indices.
    """
    found = _count(using)
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


def _count(using: str) -> dict[tuple[str, str], OutboxStatus]:
    """Count the rows of each index, each kind with its own index of the database."""
    rows = OutboxEntry.objects.using(using).order_by().values("connection", "index")
    parked = rows.filter(parked_at__isnull=False)
    active = rows.filter(parked_at__isnull=True)
    own = Q(delete_sent=False)
    clock: Clock | None = None
    found: dict[tuple[str, str], OutboxStatus] = {}
    for some in (active.filter(due_at__isnull=True), active.filter(due_at__isnull=False)):
        for row in some.annotate(
            waiting=Count("pk", filter=own),
            oldest=Min("created_at", filter=own),
            failing=Count("pk", filter=own & Q(attempts__gt=0)),
            again=Count("pk", filter=Q(delete_sent=True)),
            untried=Min("created_at", filter=own & Q(attempts=0)),
        ):
            key = row["connection"], row["index"]
            before = found.get(key, OutboxStatus())
            if row["oldest"] is not None:
                clock = clock or read_clock(using)
            found[key] = replace(
                before,
                waiting=before.waiting + row["waiting"],
                oldest=_earliest(before.oldest, row["oldest"], clock),
                untried=_earliest(before.untried, row["untried"], clock),
                failing=before.failing + row["failing"],
                second_deletes=before.second_deletes + row["again"],
            )
    for of in parked.annotate(parked=Count("pk")):
        key = of["connection"], of["index"]
        found[key] = replace(found.get(key, OutboxStatus()), parked=of["parked"])
    return found


def _earliest(
    known: datetime | None, stored: datetime | None, clock: Clock | None
) -> datetime | None:
    """Return the earlier of two times, the second as a database returns it."""
    here = clock.here(stored) if clock and stored else None
    return min((moment for moment in (known, here) if moment), default=None)
