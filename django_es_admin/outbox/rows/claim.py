"""Pick rows of the outbox, so that several workers do not drain the same rows."""

from collections.abc import Iterable
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
    """Return the rows to drain, without parked rows and second deletes that are not due."""
    return (
        OutboxEntry.objects.using(using)
        .filter(parked_at__isnull=True)
        .exclude(delete_sent=True, due_at__gt=Now())
    )


Rows = QuerySet[OutboxEntry]


def due(using: str) -> tuple[Rows, Rows]:
    """Return the rows that a worker may take: due now, and not claimed.

    These are new rows, and rows whose waiting time is over. Each kind has its own index in the
    database, so that a million rows that are parked or due later do not slow down the query.
    """
    now = Now()
    rows = OutboxEntry.objects.using(using).filter(
        Q(leased_until__isnull=True) | Q(leased_until__lte=now), parked_at__isnull=True
    )
    return (
        rows.filter(due_at__isnull=True).order_by("pk"),
        # With "not null", because SQLite does not infer it, and would not use the index.
        rows.filter(due_at__isnull=False, due_at__lte=now).order_by("due_at"),
    )


def claim(using: str, choices: Iterable[Rows], limit: int) -> list[OutboxEntry]:
    """Return up to ``limit`` rows, the oldest first, claimed for ``OUTBOX_LEASE``.

    If there are no rows, nothing is locked, so an idle worker does not block the site's writes.

    Args:
        choices: the rows to choose from, each in the order in which they are taken.
    """
    found = [rows for rows in choices if rows.exists()]
    if not found:
        return []
    skip = connections[using].features.has_select_for_update_skip_locked
    with transaction.atomic(using=using):
        wait_for_writers(using)
        rows = [row for some in found for row in some.select_for_update(skip_locked=skip)[:limit]]
        entries = sorted(rows, key=lambda entry: entry.pk)[:limit]
        lease(using, entries)
    return entries


def inline_grace() -> timedelta:
    """Return how long workers leave a new row to the process that made it."""
    return timedelta(seconds=get_options().inline_timeout * 2 + 1)


def lease(using: str, entries: list[OutboxEntry]) -> None:
    """Claim ``entries`` for ``OUTBOX_LEASE`` from now on."""
    OutboxEntry.objects.using(using).filter(pk__in=[entry.pk for entry in entries]).update(
        leased_until=Now() + timedelta(seconds=get_options().outbox_lease)
    )


def release(using: str, entries: list[OutboxEntry]) -> None:
    """Release ``entries`` unchanged, because the request failed, and not the rows."""
    OutboxEntry.objects.using(using).filter(pk__in=[entry.pk for entry in entries]).update(
        leased_until=None
    )


def give_back(using: str, entries: list[OutboxEntry]) -> None:
    """Release ``entries`` after an error. If the database fails, their claim expires."""
    close_broken()
    with suppress(Error):
        release(using, entries)
