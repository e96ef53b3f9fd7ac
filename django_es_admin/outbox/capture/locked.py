"""Rows as they are now, locked until the commit."""

from django.db import models

from ...documents import Document
from ..rows.keys import value_of
from ..rows.lock import wait_for_writers
from .record import require_transaction
from .stored_keys import key_in
from .watch import Model


def locked_rows(
    related: list[tuple[type[Document], Model]], instance: models.Model, using: str
) -> dict[Model, models.Model | None]:
    """Return the current row of ``instance`` in each of its models, locked; None without a row."""
    found: dict[Model, models.Model | None] = {}
    for _, model in related:
        if model not in found:
            found[model] = locked_row(model, key_in(model, instance), using)
    return found


def locked_row(model: Model, key: str, using: str) -> models.Model | None:
    """Return the current row of an object, locked until the commit.

    The values of an instance may be outdated. And without the lock, another transaction could add a
    relation between the look at the relations and their deletion, which would be deleted unnoticed.
    With the lock, that transaction has to wait.
    """
    require_transaction(using, model)
    wait_for_writers(using)
    rows = model._base_manager.using(using).select_for_update()
    return rows.filter(pk=value_of(model, key)).first()
