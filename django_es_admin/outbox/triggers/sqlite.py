"""Triggers of SQLite."""

from collections.abc import Iterator, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

from .effects import Effect
from .insertion import columns, of_values
from .rowwise import make_triggers
from .trigger import PREFIX, REPLACE, Trigger


def triggers(
    connection: BaseDatabaseWrapper, document: str, table: str, effects: Sequence[Effect]
) -> Iterator[Trigger]:
    """Yield the triggers of one table for one document."""
    yield from make_triggers(connection, document, table, effects, differ=_differ, wrap=_wrap)
    yield from _of_replaced(connection, document, table, effects)


def _of_replaced(
    connection: BaseDatabaseWrapper, document: str, table: str, effects: Sequence[Effect]
) -> Iterator[Trigger]:
    """Yield triggers for the rows that ``OR REPLACE`` deletes, which runs no delete triggers."""
    quote = connection.ops.quote_name
    events = {"INSERT": False, "UPDATE": True}
    for event, updates in events.items():
        found = [
            of_values(connection, one, values)
            for one in effects
            if one.before and (values := _replaced(connection, one, updates=updates))
        ]
        if found:
            named = sorted({name for one in effects for names in one.unique for name in names})
            of = f" OF {', '.join(map(quote, named))}" if updates else ""
            insertion = f"INSERT INTO {columns(connection)} {' UNION ALL '.join(found)}"
            statement = (
                f'CREATE TRIGGER "{{name}}" BEFORE {event}{of} ON {quote(table)} FOR EACH ROW '
                f"BEGIN {insertion}; END"
            )
            yield Trigger(document, table, REPLACE, (statement,))


def _replaced(connection: BaseDatabaseWrapper, effect: Effect, *, updates: bool) -> str:
    """Return the query for the column's values in the rows that the new row may replace.

    It leaves out rows with the same value as the new row, which is recorded anyway.
    """
    quote = connection.ops.quote_name

    def equal(row: str, names: Sequence[str]) -> str:
        return " AND ".join(f"gone.{quote(name)} = {row}.{quote(name)}" for name in names)

    found = [f"({equal('NEW', names)})" for names in effect.unique if effect.column not in names]
    if not found:
        return ""
    column = f"gone.{quote(effect.column)}"
    conditions = [f"{column} IS NOT NULL", f"({' OR '.join(found)})"]
    if updates:
        conditions.append(f"NOT ({equal('OLD', effect.identity)})")
    name, value = effect.condition
    if name:
        conditions.append(f"gone.{quote(name)} = {value}")
    table = quote(effect.table)
    return f"SELECT {column} AS value FROM {table} AS gone WHERE {' AND '.join(conditions)}"  # noqa: S608 (names)


def _differ(one: str, other: str) -> str:
    # A column may have a collation that treats different values as equal.
    return f"{one} IS NOT {other} COLLATE BINARY"


def _wrap(event: str, table: str, insertion: str) -> str:
    return (
        f'CREATE TRIGGER "{{name}}" AFTER {event.upper()} ON {table} FOR EACH ROW '
        f"BEGIN {insertion}; END"
    )


def installed(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the existing triggers: name -> table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s",
            [f"{PREFIX}%"],
        )
        return dict(cursor.fetchall())


def dropping(connection: BaseDatabaseWrapper, name: str, table: str) -> list[str]:
    """Return the statement that removes a trigger."""
    return [f"DROP TRIGGER IF EXISTS {connection.ops.quote_name(name)}"]


def renaming(connection: BaseDatabaseWrapper, name: str, table: str, new: str) -> list[str]:
    """Return the statements that rename a trigger. Until the last one, both names exist."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = %s", [name])
        made = [sql for (sql,) in cursor.fetchall()]
    return [*(sql.replace(name, new, 1) for sql in made), *dropping(connection, name, table)]


def script(again: list[str], made: list[str]) -> list[str]:
    """Return the lines for SQLite's shell that create a trigger if it does not exist."""
    creating = [one.replace("CREATE TRIGGER", "CREATE TRIGGER IF NOT EXISTS", 1) for one in made]
    return [f"{statement};" for statement in creating]
