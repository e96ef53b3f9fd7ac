"""Triggers that run once for each changed row, for SQLite and MariaDB."""

from collections.abc import Callable, Iterator, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

from .effects import Effect
from .insertion import columns, of_row
from .trigger import DELETE, INSERT, UPDATE, Trigger

Differ = Callable[[str, str], str]
"""Returns SQL that compares two values, including nulls, without a collation."""

Wrap = Callable[[str, str, str], str]
"""Makes the statement of a trigger from its event, its table and its insertion."""


def make_triggers(
    connection: BaseDatabaseWrapper,
    document: str,
    table: str,
    effects: Sequence[Effect],
    *,
    differ: Differ,
    wrap: Wrap,
) -> Iterator[Trigger]:
    """Yield the triggers of one table for one document.

    Args:
        document: the name of the document.
        effects: the effects of the table.
        differ: returns SQL that compares two values.
        wrap: makes the statement of a trigger.
    """
    queries = {
        INSERT: [of_row(connection, one, "NEW", "") for one in effects if one.inserts],
        UPDATE: [*_updates(connection, effects, differ)],
        DELETE: [of_row(connection, one, "OLD", "") for one in effects if one.before],
    }
    for event, found in queries.items():
        if found:
            insertion = f"INSERT INTO {columns(connection)} {' UNION ALL '.join(found)}"
            statement = wrap(event, connection.ops.quote_name(table), insertion)
            yield Trigger(document, table, event, (statement,))


def _updates(
    connection: BaseDatabaseWrapper, effects: Sequence[Effect], differ: Differ
) -> Iterator[str]:
    quote = connection.ops.quote_name

    def changed(names: Sequence[str]) -> str:
        found = (differ(f"OLD.{quote(name)}", f"NEW.{quote(name)}") for name in names)
        return f"({' OR '.join(found)})"

    for one in effects:
        if one.reads == ():
            continue
        counts = "" if one.reads is None else changed(one.reads)
        if one.after:
            yield of_row(connection, one, "NEW", counts)
            if one.before:
                # The old value of the column, if it has changed.
                yield of_row(connection, one, "OLD", changed([one.column]))
        elif one.before:
            yield of_row(connection, one, "OLD", counts)
