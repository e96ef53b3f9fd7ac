"""Pick rows of the outbox, so that several workers do not do the same at once."""

from contextlib import suppress
from datetime import timedelta

from django.db import Error, connections, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from ...conf import get_options
from ...faults import close_broken
from ...models import OutboxEntry
from .lock import wait_for_writers


def waiting(using: str) -> QuerySet[OutboxEntry]:
    """Return the rows that are to be handled, parked ones and second deletes to come left out."""
    return (
        OutboxEntry.objects.using(using)
        .filter(parked_at__isnull=True)
        .exclude(delete_sent=True, due_at__gt=Now())
    )


def due(using: str) -> QuerySet[OutboxEntry]:
    """Return those that a worker may take: due now, and claimed by nobody."""
    now = Now()
    return waiting(using).filter(
        Q(due_at__isnull=True) | Q(due_at__lte=now),
        Q(leased_until__isnull=True) | Q(leased_until__lte=now),
    )


def claim(using: str, rows: QuerySet[OutboxEntry], limit: int) -> list[OutboxEntry]:
    """Return up to ``limit`` of ``rows``, the oldest first, claimed for ``OUTBOX_LEASE``.

    Without any, nothing is locked: an idle worker does not block the site's writes.
    """
    rows = rows.order_by("pk")
    if not rows.exists():
        return []
    skip = connections[using].features.has_select_for_update_skip_locked
    with transaction.atomic(using=using):
        wait_for_writers(using)
        entries = list(rows.select_for_update(skip_locked=skip)[:limit])
        lease(using, entries)
    return entries


def lease(using: str, entries: list[OutboxEntry]) -> None:
    """Claim ``entries`` for ``OUTBOX_LEASE`` from now on."""
    OutboxEntry.objects.using(using).filter(pk__in=[entry.pk for entry in entries]).update(
        leased_until=Now() + timedelta(seconds=get_options().outbox_lease)
    )


def release(using: str, entries: list[OutboxEntry]) -> None:
    """Give ``entries`` back as they are: what failed was the request, not they."""
    OutboxEntry.objects.using(using).filter(pk__in=[entry.pk for entry in entries]).update(
        leased_until=None
    )


def give_back(using: str, entries: list[OutboxEntry]) -> None:
    """Release ``entries`` after something failed; where the database cannot, their claim ends."""
    close_broken()
    with suppress(Error):
        release(using, entries)
