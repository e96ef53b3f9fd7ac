"""Triggers of MariaDB and MySQL."""

import re
from collections.abc import Iterator, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

from .effects import Effect
from .insertion import columns
from .rowwise import make_triggers
from .trigger import DELETE, PREFIX, Trigger

ROWS = "@django_es_admin_rows"
"""The rows that this session has recorded, as ``first:count`` of each statement."""

GRACE = "@django_es_admin_grace"
"""How many seconds workers leave new rows to the session's process; null for none."""

_ROOM = 16_000
_DEFINER = re.compile(r" DEFINER=`(?:[^`]|``)*`(?:@`(?:[^`]|``)*`)? ")


def triggers(
    connection: BaseDatabaseWrapper, document: str, table: str, effects: Sequence[Effect]
) -> Iterator[Trigger]:
    """Yield the triggers of one table for one document."""

    def wrap(event: str, table: str, insertion: str) -> str:
        plain, leased = columns(connection), columns(connection, "leased_until")
        found = insertion.removeprefix(f"INSERT INTO {plain} ")
        noting = (
            f"INSERT INTO {leased} SELECT noted.*, "  # noqa: S608 (no values)
            f"CURRENT_TIMESTAMP(6) + INTERVAL {GRACE} SECOND FROM ({_named(found)}) AS noted"
        )
        # Rows that a foreign key deletes together with this row run no trigger, so they are read
        # before.
        moment = "BEFORE" if event == DELETE else "AFTER"
        return (
            f"CREATE TRIGGER `{{name}}` {moment} {event.upper()} ON {table} FOR EACH ROW BEGIN "
            f"{noting}; "
            f"IF ROW_COUNT() > 0 AND COALESCE(LENGTH({ROWS}), 0) < {_ROOM} THEN "
            f"SET {ROWS} = CONCAT_WS(',', {ROWS}, CONCAT(LAST_INSERT_ID(), ':', ROW_COUNT())); "
            "END IF; END"
        )

    return make_triggers(connection, document, table, effects, differ=_differ, wrap=wrap)


def _named(query: str) -> str:
    """Name the columns of a query, so that another query can use it."""
    names = ", ".join(f"'' AS c{number}" for number in range(10))
    return f"SELECT {names} FROM DUAL WHERE false UNION ALL {query}"  # noqa: S608 (names)


def _differ(one: str, other: str) -> str:
    # Compare bytes, too: a collation may treat values as equal, and the text of a float is not
    # exact.
    return f"NOT ({one} <=> {other} AND BINARY {one} <=> BINARY {other})"


def installed(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the existing triggers: name -> table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT trigger_name, event_object_table FROM information_schema.triggers "
            "WHERE trigger_schema = DATABASE() AND trigger_name LIKE %s",
            [f"{PREFIX}%"],
        )
        return dict(cursor.fetchall())


def dropping(connection: BaseDatabaseWrapper, name: str, table: str) -> list[str]:
    """Return the statement that removes a trigger."""
    return [f"DROP TRIGGER IF EXISTS {connection.ops.quote_name(name)}"]


def renaming(connection: BaseDatabaseWrapper, name: str, table: str, new: str) -> list[str]:
    """Return the statements that rename a trigger. Until the last one, both names exist."""
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW CREATE TRIGGER {connection.ops.quote_name(name)}")
        # Another user may have created it, and only few users may create a trigger for another
        # user.
        made = [_DEFINER.sub(" ", row[2], count=1) for row in cursor.fetchall()]
    return [*(sql.replace(name, new, 1) for sql in made), *dropping(connection, name, table)]


def script(again: list[str], made: list[str]) -> list[str]:
    """Return the lines for MariaDB's client that create a trigger if it does not exist.

    The client ends a statement at a semicolon. A trigger contains semicolons, so the script changes
    the delimiter.
    """
    creating = [one.replace("CREATE TRIGGER", "CREATE TRIGGER IF NOT EXISTS", 1) for one in made]
    return ["DELIMITER //", *(f"{statement} //" for statement in creating), "DELIMITER ;"]
