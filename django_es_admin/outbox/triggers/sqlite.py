"""Triggers of SQLite."""

from collections.abc import Iterator, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

from .effects import Effect
from .rowwise import make_triggers
from .trigger import PREFIX, Trigger


def triggers(
    connection: BaseDatabaseWrapper, document: str, table: str, effects: Sequence[Effect]
) -> Iterator[Trigger]:
    """Yield the triggers of one table for one document."""
    return make_triggers(connection, document, table, effects, differ=_differ, wrap=_wrap)


def _differ(one: str, other: str) -> str:
    # A column may have a collation under which they are equal.
    return f"{one} IS NOT {other} COLLATE BINARY"


def _wrap(event: str, table: str, insertion: str) -> str:
    return (
        f'CREATE TRIGGER "{{name}}" AFTER {event.upper()} ON {table} FOR EACH ROW '
        f"BEGIN {insertion}; END"
    )


def installed(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the triggers that are there: name -> table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s",
            [f"{PREFIX}%"],
        )
        return dict(cursor.fetchall())


def dropping(connection: BaseDatabaseWrapper, name: str, table: str) -> list[str]:
    """Return what removes a trigger."""
    return [f"DROP TRIGGER IF EXISTS {connection.ops.quote_name(name)}"]


def renaming(connection: BaseDatabaseWrapper, name: str, table: str, new: str) -> list[str]:
    """Return what gives a trigger another name; until the last statement both are there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = %s", [name])
        made = [sql for (sql,) in cursor.fetchall()]
    return [*(sql.replace(name, new, 1) for sql in made), *dropping(connection, name, table)]
