"""Record what ``QuerySet.bulk_create()`` inserts, in the transaction of the change."""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db import connections, models
from django.db.models import Q
from django.db.transaction import atomic

from ...exceptions import KeyMissing
from ..rows.keys import has_key
from ..rows.lock import wait_for_writers
from ..rows.tables import has_outbox
from .changes import keys_missing
from .keyed import lock
from .many import Noted, fed
from .record import any_noted, drain_noted
from .stored_keys import keys_of_rows
from .watch import Model, Watched, watched

PORTION = 500

Objects = list[models.Model]


def create(
    rows: models.QuerySet[Any, Any],
    objects: Objects,
    insert: Callable[[], Objects],
    *,
    ignore_conflicts: bool,
    update_conflicts: bool,
    unique_fields: Iterable[str] | None,
) -> Objects:
    """Insert and record objects; return the objects.

    Args:
        rows: the queryset that inserts the objects.
        objects: the objects.
        insert: the function that inserts them.
        ignore_conflicts: as in ``bulk_create()``.
        update_conflicts: as in ``bulk_create()``.
        unique_fields: as in ``bulk_create()``.

    Raises:
        KeyMissing: the database does not return the key of an object.
    """
    model, using = rows.model, rows.db
    concerned = fed(watched(model), using)
    if not (concerned or any_noted(model, using)) or not objects or not has_outbox(using):
        return insert()
    if not concerned:
        with atomic(using=using, savepoint=False):
            drain_noted(using, model)
            return insert()
    if ignore_conflicts or not connections[using].features.can_return_rows_from_bulk_insert:
        _require_keys(model, (one for one in objects if not _will_have_key(one)))
    with atomic(using=using, savepoint=False):
        wait_for_writers(using)
        replaced = _unique(model, unique_fields) if update_conflicts else []
        _note_replaced(rows, objects, replaced, concerned)
        created = insert()
        if replaced:
            # An object may have a different key from the row that it replaces.
            _note_replaced(rows, objects, replaced, concerned)
        _require_keys(model, (one for one in created if not _has_known_key(one)))
        keys = keys_of_rows(model, [one.pk for one in created], using)
        Noted(using, model, concerned).add(keys)
    return created


def _has_known_key(instance: models.Model) -> bool:
    return has_key(instance) and not hasattr(instance.pk, "resolve_expression")


def _will_have_key(instance: models.Model) -> bool:
    return _has_known_key(instance) or bool(instance._meta.pk.has_default())


def _require_keys(model: Model, without: Iterable[models.Model]) -> None:
    if next(iter(without), None) is not None:
        raise KeyMissing(keys_missing(model))


def _unique(model: Model, names: Iterable[str] | None) -> list[Sequence[str]]:
    """Return the sets of columns whose values can identify an existing row.

    Args:
        names: the unique fields given to ``bulk_create()``; None for all unique columns.
    """
    options = model._meta
    if names:
        return [[options.pk.name if name == "pk" else name for name in names]]
    single = [[field.name] for field in options.concrete_fields if field.unique]
    constraints = [
        constraint.fields
        for constraint in options.constraints
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields
    ]
    return [*single, *options.unique_together, *constraints]


def _note_replaced(
    rows: models.QuerySet[Any, Any],
    objects: Objects,
    unique: list[Sequence[str]],
    concerned: Watched,
) -> None:
    """Record the existing rows that an insert may replace, and the objects they belong to."""
    for start in range(0, len(objects) if unique else 0, PORTION):
        conditions = [
            Q(**{name: _value(one, name) for name in names})
            for one in objects[start : start + PORTION]
            for names in unique
            if all(_is_value(one, name) for name in names)
        ]
        if conditions:
            there: models.QuerySet[Any, Any] = (
                models.QuerySet(rows.model).using(rows.db).filter(reduce(or_, conditions))
            )
            found = lock(there, concerned)
            found.note()
            found.note_owners()


def _is_value(instance: models.Model, name: str) -> bool:
    value = _value(instance, name)
    return value is not None and not hasattr(value, "resolve_expression")


def _value(instance: models.Model, name: str) -> Any:
    field: Any = instance._meta.get_field(name)
    return getattr(instance, field.attname)
