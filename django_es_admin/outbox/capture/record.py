"""Append rows to the outbox, in the transaction of the change that they record."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from functools import cache

from django.db import connections, models, router
from django.db.models.functions import Now
from django.db.models.sql import InsertQuery
from django.db.transaction import atomic

from ...conf import get_options
from ...documents import Document
from ...exceptions import CaptureOutsideTransaction
from ...indices.definition import definition_of
from ...models import OutboxEntry
from ...statement import Slot, Statement
from ..drainers.inline import drain_after_commit, drain_noted_after_commit, is_suspended
from ..drainers.saving import at_end_of_save
from ..rows.claim import inline_grace
from ..rows.tables import has_outbox
from .watch import Model, is_in_transaction, noted_by_triggers


def feeds(document: type[Document], using: str) -> bool:
    """Return whether the document's index is made from the database ``using``."""
    return router.db_for_write(document.django.model) == using


def object_entry(document: type[Document], key: str) -> OutboxEntry:
    options = document.django
    return OutboxEntry(connection=options.using, index=options.index_name, key=key)


def object_entries(
    document: type[Document], primary_keys: Iterable[str], using: str
) -> list[OutboxEntry]:
    """Return an outbox row for each object, as it is stored now."""
    places = document.django.places
    return [object_entry(document, key) for key in places.keys(primary_keys, using)]


def related_entry(document: type[Document], model: Model, key: str) -> OutboxEntry:
    options = document.django
    return OutboxEntry(
        connection=options.using,
        index=options.index_name,
        kind=OutboxEntry.Kind.RELATED,
        model=model._meta.label,
        document=definition_of(document).part_label,
        key=key,
    )


def in_a_transaction(using: str) -> AbstractContextManager[None]:
    """Run the block in a transaction of its own if the change has none."""
    return nullcontext() if is_in_transaction(using) else atomic(using=using)


def require_transaction(using: str, model: Model) -> None:
    if not is_in_transaction(using):
        raise CaptureOutsideTransaction(
            f"{model._meta.label} is indexed, so its changes are captured in their transaction, "
            f"but no transaction is open: wrap the change in transaction.atomic()."
        )


def record(using: str, entries: list[OutboxEntry], model: Model) -> None:
    """Append rows to the outbox of the database ``using``.

    Nothing is recorded while the table does not exist, because migrations save objects, too.

    Args:
        model: what was changed, for the message.

    Raises:
        CaptureOutsideTransaction: there is no transaction to record the change in.
    """
    if not entries:
        return
    require_transaction(using, model)
    if not has_outbox(using):
        return
    returning = connections[using].features.can_return_rows_from_bulk_insert
    # Without the ids of the rows (MySQL), this process cannot know which of them it has written.
    inline = returning and is_inline(using)
    # Workers take these rows only if this process does not drain them after the commit.
    lease = inline_grace() if inline else None
    if len(entries) == 1 and returning:
        _append_one(using, entries[0], lease)
    else:
        for entry in entries:
            entry.leased_until = _leased_until(lease)
        OutboxEntry.objects.using(using).bulk_create(entries)
    if inline:
        drain_after_commit(using, entries)
    elif not is_suspended(using):
        at_end_of_save(using, entries, _record_again)


def drain_noted(using: str, model: Model) -> None:
    """Let this process drain, after the commit, what the database's triggers record.

    Call it before the change, or in the transaction of the change.

    Args:
        model: the model of the changed objects.
    """
    if is_inline(using) and any_noted(model, using):
        drain_noted_after_commit(using)


def any_noted(model: Model, using: str) -> bool:
    """Return whether triggers record changes of ``model`` for a document fed by this database."""
    noted = noted_by_triggers(model)
    return any(feeds(d, using) for d in (*noted.own, *(d for d, _ in noted.related)))


def _record_again(using: str, entries: list[OutboxEntry]) -> None:
    """Record rows again that a worker may have handled while the ``save()`` was still running."""
    again = {
        values: OutboxEntry(**dict(zip(_SLOTS, values, strict=True)))
        for values in (tuple(getattr(entry, name) for name in _SLOTS) for entry in entries)
    }
    OutboxEntry.objects.using(using).bulk_create(again.values())


def is_inline(using: str) -> bool:
    """Return whether this process drains, after the commit, what is recorded now."""
    connection = connections[using]
    # If the project commits by itself, the time of the commit is unknown: commit_on_exit is False.
    return (
        get_options().sync == "inline"
        and connection.in_atomic_block
        and connection.commit_on_exit
        and not is_suspended(using)
    )


def _append_one(using: str, entry: OutboxEntry, lease: timedelta | None) -> None:
    values = {name: getattr(entry, name) for name in _SLOTS}
    [(entry.pk,)] = _insertion(using, lease).run(**values)


_SLOTS = ("connection", "index", "kind", "model", "document", "key")


@cache
def _insertion(using: str, lease: timedelta | None) -> Statement:
    template = OutboxEntry(**{name: Slot(name) for name in _SLOTS})
    template.leased_until = _leased_until(lease)
    query = InsertQuery(OutboxEntry)
    primary = OutboxEntry._meta.pk
    query.insert_values([f for f in OutboxEntry._meta.concrete_fields if f != primary], [template])
    compiler = query.get_compiler(using)
    compiler.returning_fields = [primary]
    [(sql, params)] = compiler.as_sql()
    return Statement(using, sql, tuple(params))


def _leased_until(lease: timedelta | None) -> models.Expression | None:
    return None if lease is None else Now() + lease
