"""The SQL that inserts outbox rows, for the triggers of all databases."""

from django.db.backends.base.base import BaseDatabaseWrapper

from ...models import OutboxEntry
from .effects import HERE, Effect

NAMES = ("connection", "index", "kind", "model", "document", "key")
REST = {"delete_sent": "false", "cursor": "''", "attempts": "0", "error": "''"}


def columns(connection: BaseDatabaseWrapper, *more: str) -> str:
    """Return the outbox's table, and the columns that get a value."""
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, (*NAMES, *REST, *more)))
    return f"{quote(OutboxEntry._meta.db_table)} ({names})"


def constants(effect: Effect) -> str:
    """Return the values that are the same in all rows of an effect."""
    return ", ".join("'" + value.replace("'", "''") + "'" for value in effect.entry)


def of_values(connection: BaseDatabaseWrapper, effect: Effect, values: str) -> str:
    """Return the query for the rows of an effect.

    Args:
        values: the query for the values of the effect's column, named ``value``.
    """
    rest = ", ".join(REST.values())
    alias = connection.ops.quote_name("key")
    if effect.keys.startswith("SELECT "):
        keys = effect.keys.replace(f"= ({HERE})", f"IN ({values})").removeprefix("SELECT ")
        spelled, _, source = keys.partition(" FROM ")
        chosen = f"SELECT DISTINCT {spelled} AS {alias} FROM {source}"  # noqa: S608 (no values)
        return f"SELECT {constants(effect)}, taken.{alias}, {rest} FROM ({chosen}) AS taken"  # noqa: S608
    spelled = effect.keys.replace(HERE, "held.value")
    return f"SELECT {constants(effect)}, {spelled}, {rest} FROM ({values}) AS held"  # noqa: S608


def of_row(connection: BaseDatabaseWrapper, effect: Effect, row: str, changed: str) -> str:
    """Return the query for the rows of an effect, for one changed row.

    Args:
        row: ``NEW`` or ``OLD``.
        changed: the condition under which the change counts; empty for always.
    """
    quote = connection.ops.quote_name
    column = f"{row}.{quote(effect.column)}"
    conditions = [f"{column} IS NOT NULL", *filter(None, [changed])]
    name, value = effect.condition
    if name:
        conditions.append(f"{row}.{quote(name)} = {value}")
    keys = effect.keys.replace(HERE, column)
    if keys.startswith("SELECT "):
        keys = f"SELECT DISTINCT {keys.removeprefix('SELECT ')}"
        alias = quote("key")
        chosen = keys.replace(" FROM ", f" AS {alias} FROM ", 1)
        source = f"({chosen}) AS taken"
        keys = f"taken.{alias}"
    else:
        source = _ONE[connection.vendor]
    return (
        f"SELECT {constants(effect)}, {keys}, {', '.join(REST.values())}"  # noqa: S608 (names)
        f"{' FROM ' + source if source else ''} WHERE {' AND '.join(conditions)}"
    )


_ONE = {"mysql": "DUAL", "sqlite": ""}
"""What a query without a table selects from."""
