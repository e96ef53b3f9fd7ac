"""Record what a block of code changes without sending signals, for example with SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models
from django.db.transaction import atomic

from ..rows.lock import wait_for_writers
from ..rows.tables import has_outbox
from .changes import require_indexed
from .keyed import lock
from .many import fed, has_own_places
from .record import drain_noted
from .watch import not_by_triggers


@contextmanager
def captured(rows: models.QuerySet[Any, Any], using: str | None = None) -> Iterator[None]:
    """Record the objects that the block changes without signals, in one transaction with it.

    Use it for SQL, and for the models of a migration. The rows of the queryset are locked and
    recorded before the block, so the block may delete them or move them out of the queryset. Rows
    that the block moves or inserts into the queryset are recorded after it. Other changes of the
    block are not recorded.

    Args:
        rows: the objects, or related objects, that the block may change.
        using: alias of the database; that of the queryset if omitted.

    Raises:
        ModelNotIndexed: no document is of that model, or names it in ``related_models``.
    """
    concerned = not_by_triggers(require_indexed(rows.model))
    # The rows to lock are in the database that is written to.
    database = using or rows.select_for_update().db
    chosen, concerned = rows.using(database), fed(concerned, database)
    with atomic(using=database):
        if not has_outbox(database):
            yield
            return
        drain_noted(database, rows.model)
        wait_for_writers(database)
        before = lock(chosen, concerned)
        before.note_owners()
        if any(has_own_places(document) for document in concerned.own):
            before.note()
        yield
        before.note()
        lock(chosen, concerned).without(before).note()
