"""Record the rows that ``QuerySet.update()`` changes, in the transaction of the change."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import EmptyResultSet, FieldDoesNotExist
from django.db import connections, models
from django.db.models import Value
from django.db.transaction import atomic

from ..rows.key_sql import key_sql
from ..rows.keys import text_of
from ..rows.lock import wait_for_writers
from ..rows.tables import has_outbox
from .keyed import has_one_key, lock
from .many import Noted, fed, has_own_places
from .record import any_noted, drain_noted
from .watch import Model, Watched, watched

Rows = models.QuerySet[Any, Any]
Change = Callable[[Rows], int]

_NEW = "django_es_admin_new_key"


def update(rows: Rows, values: dict[str, Any], change: Change, *, one_statement: bool) -> int:
    """Update rows, and record those that documents are made from; return the number updated.

    Args:
        rows: the rows to update.
        values: the new values, as passed to ``QuerySet.update()``.
        change: the function that updates the rows passed to it.
        one_statement: whether ``change`` sends only one statement if only one table is changed.
    """
    using = rows.db
    names = _names(rows.model, values)
    whole = fed(watched(rows.model), using)
    concerned = Watched(
        own=tuple(d for d in whole.own if d.django.reads.concern(d.django.model, names)),
        related=tuple((d, m) for d, m in whole.related if d.django.reads.concern(m, names)),
    )
    moving = Watched((), tuple((d, m) for d, m in whole.related if d.django.reads.follow(m, names)))
    noted_here = concerned or moving.related
    if not (noted_here or any_noted(rows.model, using)) or not has_outbox(using):
        return change(rows)
    new_key = _new_key(rows.model, values)
    noted = Noted(using, rows.model, concerned)
    with atomic(using=using, savepoint=False):
        drain_noted(using, rows.model)
        if not noted_here:
            return change(rows)
        wait_for_writers(using)
        simple = one_statement and new_key is None and not moving.related
        if simple and _is_simple(noted, names):
            return _IN_SQL[connections[using].vendor](rows, noted, change)
        return _by_keys(rows, new_key, concerned, moving, change)


def _names(model: Model, values: Iterable[str]) -> set[str] | None:
    """Return the names and column names of the changed fields; None if a field is unknown."""
    names = set()
    for name in values:
        try:
            field: Any = model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        names |= {field.name, getattr(field, "attname", field.name)}
    return names


def _new_key(model: Model, values: dict[str, Any]) -> Any:
    """Return the expression for the new keys; None if the keys do not change."""
    primary = model._meta.pk
    for name in (primary.name, primary.attname):
        if name in values:
            value = values[name]
            if isinstance(value, models.Model):
                value = value.pk
            expression = hasattr(value, "resolve_expression")
            return value if expression else Value(value, output_field=primary)
    return None


def _is_simple(noted: Noted, names: set[str] | None) -> bool:
    """Return whether only one table is changed, and its key is the key of all documents."""
    model = noted.model
    table = model._meta.db_table
    elsewhere = any(
        field.model._meta.db_table != table
        for field in model._meta.concrete_fields
        if names is None or field.name in names
    )
    return (
        noted.in_sql
        and not elsewhere
        and has_one_key(model, noted.concerned)
        and key_sql(model, noted.using, "key") is not None
    )


def _returning(rows: Rows, noted: Noted, change: Change) -> int:
    """Update and record rows in one statement, so that both are the same rows."""
    connection = connections[noted.using]
    quote = connection.ops.quote_name
    options: Any = noted.model._meta
    spelled = key_sql(
        noted.model, noted.using, f"{quote(options.db_table)}.{quote(options.pk.column)}"
    )
    counts: list[int] = []

    def instead(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if counts:
            return execute(sql, params, many, context)
        counts.append(0)
        counts[0] = noted.add_from(f"{sql} RETURNING {spelled}", params or ())
        return None

    with connection.execute_wrapper(instead):
        change(rows)
    return sum(counts)


def _before(rows: Rows, noted: Noted, change: Change) -> int:
    """Record rows, then update them. SQLite has only one writer, so nothing happens in between."""
    chosen = rows.order_by().values_list("pk")
    try:
        sql, params = chosen.query.get_compiler(noted.using).as_sql()
    except EmptyResultSet:
        return change(rows)
    spelled = key_sql(noted.model, noted.using, "key")
    source = f"WITH found(key) AS ({sql}) SELECT {spelled} FROM found"  # noqa: S608 (no values)
    noted.add_from(source, params)
    return change(rows)


_IN_SQL: dict[str, Callable[[Rows, Noted, Change], int]] = {
    "postgresql": _returning,
    "sqlite": _before,
}


def _by_keys(rows: Rows, new_key: Any, concerned: Watched, moving: Watched, change: Change) -> int:
    """Lock rows, then update and record exactly these rows."""
    using = rows.db
    if new_key is not None:
        rows = rows.annotate(**{_NEW: new_key})
    lock(rows, moving).note_owners()
    found = lock(rows, concerned)
    found.note()
    if new_key is not None:
        _note_new_keys(rows, concerned)
    if connections[using].vendor == "sqlite":
        # No other process can write before the commit.
        count = change(rows)
    else:
        count = sum(change(rows.filter(pk__in=keys)) for keys in found.key_portions())
    if any(has_own_places(document) for document in concerned.own):
        # The documents may now have different ids.
        found.note()
    return count


def _note_new_keys(rows: Rows, concerned: Watched) -> None:
    texts = [text_of(rows.model, key) for key in rows.values_list(_NEW, flat=True)]
    Noted(rows.db, rows.model, concerned).add(texts)
