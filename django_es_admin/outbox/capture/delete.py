"""Record the rows that a queryset deletes without signals, in the transaction of the change."""

from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.transaction import atomic

from ..rows.lock import wait_for_writers
from ..rows.tables import has_outbox
from .keyed import lock
from .many import fed
from .record import any_noted, drain_noted
from .watch import watched

Rows = models.QuerySet[Any, Any]


def delete(rows: Rows, using: str, change: Callable[[Rows], int]) -> int:
    """Delete and record rows, and the objects they belong to; return the number deleted.

    Args:
        rows: the rows to delete.
        using: alias of the database.
        change: the function that deletes the rows passed to it.
    """
    concerned = fed(watched(rows.model), using)
    if not (concerned or any_noted(rows.model, using)) or not has_outbox(using):
        return change(rows)
    with atomic(using=using, savepoint=False):
        drain_noted(using, rows.model)
        if not concerned:
            return change(rows)
        wait_for_writers(using)
        found = lock(rows.using(using), concerned)
        found.note_owners()
        found.note()
        chosen: Rows = models.QuerySet(rows.model).using(using)
        return sum(change(chosen.filter(pk__in=keys)) for keys in found.key_portions())
