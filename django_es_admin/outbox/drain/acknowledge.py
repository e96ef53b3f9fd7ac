"""What happens to picked rows after their documents were sent."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import connections, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from ...conf import get_options
from ...indices.definition import IndexDefinition
from ...models import OutboxEntry
from ..rows.refused import storable
from .tick import LAZILY_COMMITTED, lazily_committed
from .write import Outcome

MAX_BACKOFF = 600


def acknowledge(using: str, entries: list[OutboxEntry], outcome: Outcome) -> None:
    """Delete the rows that are done, and keep the others as long as they are needed.

    Args:
        entries: the picked rows, whose keys were written; no other row is touched.
        outcome: what happened to the keys of the rows. A success also resolves parked rows.
    """
    good = not outcome.held
    firsts = {e.key for e in entries if e.key in outcome.deleted and not e.delete_sent}
    # A first delete resolves nothing: a delayed write might still bring the document back.
    unresolved = firsts.union(outcome.errors)
    done = [pk for pk, key in outcome.parked.items() if good and key not in unresolved]
    done += _superseded(outcome)
    again: list[int] = []
    failed: list[OutboxEntry] = []
    held: list[int] = []
    for entry in entries:
        if entry.key in outcome.errors:
            failed.append(entry)
        elif outcome.held:
            held.append(entry.pk)
        elif entry.key in outcome.deleted and not entry.delete_sent:
            # Each row stays. If only one row stayed, a slower drain that had picked that row and
            # read the object before it was deleted, could take it away (docs/protocol.md).
            again.append(entry.pk)
        else:
            done.append(entry.pk)
    if not (again or held or failed):
        _delete(using, done)
        return
    rows = OutboxEntry.objects.using(using)
    with transaction.atomic(using=using):
        lazily_committed(using)
        _delete(using, done)
        if again:
            rows.filter(pk__in=again).update(
                delete_sent=True, due_at=_after(get_options().delete_again_after), leased_until=None
            )
        if held:
            put_back(rows.filter(pk__in=held))
        for entry in failed:
            error, park = outcome.errors[entry.key], entry.key in outcome.hopeless
            fail(using, [entry], error, park=park)


def _delete(using: str, done: list[int]) -> None:
    if not done:
        return
    if connections[using].vendor != "postgresql":
        OutboxEntry.objects.using(using).filter(pk__in=done).delete()
        return
    # A single statement is a transaction by itself: one statement instead of four.
    table = OutboxEntry._meta.db_table
    sql = f"DELETE FROM {table} WHERE id = ANY(%s) AND {LAZILY_COMMITTED}"  # noqa: S608 (constants)
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [done])


def put_back(rows: QuerySet[OutboxEntry]) -> None:
    """Leave rows to a process with matching code, and make them due again later."""
    rows.update(due_at=_after(get_options().delete_again_after), leased_until=None)


def _superseded(outcome: Outcome) -> list[int]:
    """Return the parked rows that newly parked rows replace."""
    return [pk for pk, key in outcome.parked.items() if key in outcome.hopeless]


def fail(using: str, entries: Iterable[OutboxEntry], error: str, *, park: bool = False) -> None:
    """Make rows due again later, and park them after ``OUTBOX_MAX_ATTEMPTS`` failures.

    Args:
        park: park them immediately.
    """
    for entry in entries:
        attempts = entry.attempts + 1
        OutboxEntry.objects.using(using).filter(pk=entry.pk).update(
            attempts=F("attempts") + 1,
            error=storable(error),
            due_at=_after(min(2**attempts, MAX_BACKOFF)),
            leased_until=None,
            delete_sent=False,
            parked_at=Now() if park or attempts >= get_options().outbox_max_attempts else None,
        )


def append_outcome(using: str, template: OutboxEntry, outcome: Outcome) -> None:
    """Add a row for each object that failed while the documents of a related object were written.

    Args:
        template: a row of the same index.
    """
    rows = [_second_delete(template, key) for key in outcome.deleted]
    rows += [
        _row(
            template,
            key,
            error=storable(error),
            attempts=1,
            due_at=_after(2),
            parked_at=Now() if key in outcome.hopeless else None,
        )
        for key, error in outcome.errors.items()
    ]
    OutboxEntry.objects.using(using).bulk_create(rows)
    done = [pk for pk, key in outcome.parked.items() if key not in outcome.errors]
    done += _superseded(outcome)
    _delete(using, done)


def append_deletes(definition: IndexDefinition, keys: Iterable[str]) -> None:
    """Add rows for the second deletes of objects that had no row of their own."""
    template = OutboxEntry(connection=definition.using, index=definition.name)
    OutboxEntry.objects.using(definition.database).bulk_create(
        _second_delete(template, key) for key in keys
    )


def _second_delete(template: OutboxEntry, key: str) -> OutboxEntry:
    due_at = _after(get_options().delete_again_after)
    return _row(template, key, delete_sent=True, due_at=due_at)


def _row(template: OutboxEntry, key: str, **values: object) -> OutboxEntry:
    return OutboxEntry(connection=template.connection, index=template.index, key=key, **values)


def _after(seconds: float) -> object:
    """Return a time by the database's clock, because the clocks of the servers may differ."""
    return Now() + timedelta(seconds=seconds)
