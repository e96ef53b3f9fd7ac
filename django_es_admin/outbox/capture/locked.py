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
    """Return the object of each model that ``instance`` is, as its row is now; None if none is."""
    found: dict[Model, models.Model | None] = {}
    for _, model in related:
        if model not in found:
            found[model] = locked_row(model, key_in(model, instance), using)
    return found


def locked_row(model: Model, key: str, using: str) -> models.Model | None:
    """Return an object as its row is now, and stays until the commit.

    What an instance was loaded with may be outdated. And a relation that another transaction
    adds after relations were looked at here, and before they are deleted, would be deleted
    unnoticed: it has to refer to the row, and so waits for it.
    """
    require_transaction(using, model)
    wait_for_writers(using)
    rows = model._base_manager.using(using).select_for_update()
    return rows.filter(pk=value_of(model, key)).first()
