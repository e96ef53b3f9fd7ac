"""Triggers of PostgreSQL: each runs once for a statement, and reads all changed rows.

The functions run with the rights of the user who installed them, so users who write to an indexed
table need no rights on the outbox.
"""

from collections.abc import Iterable, Iterator, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

from ..drainers.session import CHANNEL
from .effects import Effect
from .insertion import columns, of_values
from .trigger import DELETE, INSERT, PREFIX, SCHEMA, TRUNCATE, UPDATE, Trigger

ROWS = "django_es_admin.rows"
"""The setting with the ids of the rows that this session has recorded."""

GRACE = "django_es_admin.grace"
"""The setting for how many seconds workers leave new rows to the session's process."""

_ROOM = 16_000
_TABLES = {
    INSERT: "REFERENCING NEW TABLE AS new_rows",
    UPDATE: "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    DELETE: "REFERENCING OLD TABLE AS old_rows",
    TRUNCATE: "",
}


def triggers(
    connection: BaseDatabaseWrapper, document: str, table: str, effects: Sequence[Effect]
) -> Iterator[Trigger]:
    """Yield the triggers of one table for one document."""
    quote = connection.ops.quote_name
    values = _Values(connection, quote(table))
    queries = {
        INSERT: [(one, values.inserted(one)) for one in effects if one.inserts],
        UPDATE: [(one, values.updated(one)) for one in effects if one.reads != ()],
        DELETE: [(one, values.deleted(one, "old_rows")) for one in effects if one.before],
        TRUNCATE: [(one, values.deleted(one, quote(table))) for one in effects if one.before],
    }
    for event, found in queries.items():
        if found:
            query = " UNION ALL ".join(of_values(connection, one, chosen) for one, chosen in found)
            yield Trigger(document, table, event, _body(connection, event, table, query))


class _Values:
    """Queries for the values of an effect's column, in the rows that count."""

    def __init__(self, connection: BaseDatabaseWrapper, table: str) -> None:
        self._quote = connection.ops.quote_name
        self._table = table

    def inserted(self, effect: Effect) -> str:
        return self._of(effect, "new_rows AS r", "r", "")

    def deleted(self, effect: Effect, table: str) -> str:
        return self._of(effect, f"{table} AS r", "r", "")

    def updated(self, effect: Effect) -> str:
        # Two keys that the collation treats as equal are still two documents.
        exact = ' COLLATE "C"' if effect.collated else ""
        names = [f"{name}{exact}" for name in map(self._quote, effect.identity)]
        same = " AND ".join(f"o.{name} = n.{name}" for name in names)
        # A row whose key was changed has no counterpart to compare it with.
        both = f"old_rows AS o FULL JOIN new_rows AS n ON {same}"
        changed = ""
        if effect.reads is not None:
            names = [self._quote(name) for name in effect.reads]
            old, new = (", ".join(f"{row}.{name}" for name in names) for row in "on")
            # Compare binary images: not every type can be compared, and a collation may treat
            # values as equal.
            changed = f"ROW({old})::record *<> ROW({new})::record"
        if effect.before and effect.after and effect.identity == (effect.column,):
            name = self._quote(effect.column)
            where = f" WHERE {changed}" if changed else ""
            return f"SELECT COALESCE(n.{name}, o.{name}) AS value FROM {both}{where}"  # noqa: S608 (names)
        rows = [row for row, counts in (("o", effect.before), ("n", effect.after)) if counts]
        return " UNION ".join(self._of(effect, both, row, changed) for row in rows)

    def _of(self, effect: Effect, source: str, row: str, changed: str) -> str:
        column = f"{row}.{self._quote(effect.column)}"
        conditions = [f"{column} IS NOT NULL", *filter(None, [changed])]
        name, value = effect.condition
        if name:
            conditions.append(f"{row}.{self._quote(name)} = {value}")
        distinct = "" if effect.identity == (effect.column,) else "DISTINCT "
        return f"SELECT {distinct}{column} AS value FROM {source} WHERE {' AND '.join(conditions)}"  # noqa: S608 (names)


def _body(
    connection: BaseDatabaseWrapper, event: str, table: str, query: str
) -> tuple[str, str, str]:
    quote = connection.ops.quote_name
    # The schema is not in the name, because the schemas of all tenants have the same triggers.
    schema = SCHEMA
    at = _at(schema, quote(table))
    grace = f"nullif(current_setting('{GRACE}', true), '')"
    function = f"""\
CREATE OR REPLACE FUNCTION {schema}."{{name}}"() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS ${{name}}$
DECLARE
  grace integer := {grace};
  noted text;
BEGIN
  IF grace IS NULL THEN
    INSERT INTO {columns(connection)} {query};
    IF FOUND THEN
      PERFORM pg_notify('{CHANNEL}', '');
    END IF;
    RETURN NULL;
  END IF;
  WITH changed AS ({query}), inserted AS (
    INSERT INTO {columns(connection, "leased_until")}
    SELECT changed.*, statement_timestamp() + grace * interval '1 second' FROM changed
    RETURNING id
  )
  SELECT string_agg(kept.id::text, ',') INTO noted
  FROM (SELECT inserted.id FROM inserted LIMIT 2000) AS kept;
  IF noted IS NOT NULL
  AND length(coalesce(current_setting('{ROWS}', true), '')) < {_ROOM} THEN
    PERFORM set_config(
      '{ROWS}', concat_ws(',', nullif(current_setting('{ROWS}', true), ''), noted), false);
  END IF;
  RETURN NULL;
END
${{name}}$"""  # noqa: S608 (no values)
    # The rows of a truncated table can only be read before.
    moment = "BEFORE" if event == TRUNCATE else "AFTER"
    made = (
        f'CREATE TRIGGER "{{name}}" {moment} {event.upper()} ON {at} {_TABLES[event]} '
        f'FOR EACH STATEMENT EXECUTE FUNCTION {schema}."{{name}}"()'
    )
    # A restore of a table may run in a session with the role of a replica, which runs no other
    # triggers.
    always = f'ALTER TABLE {at} ENABLE ALWAYS TRIGGER "{{name}}"'
    return function, made, always


def _at(schema: str, quoted: str) -> str:
    """Return a table as SQL, in the schema unless the table's own name contains one."""
    return quoted if _is_qualified(quoted) else f"{schema}.{quoted}"


def _is_qualified(quoted: str) -> bool:
    # ``db_table = 'other"."table'``, or the same with all quotes.
    return '"."' in quoted


def is_elsewhere(connection: BaseDatabaseWrapper, table: str) -> bool:
    """Return whether a table whose name contains its schema exists."""
    quoted = connection.ops.quote_name(table)
    if not _is_qualified(quoted):
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [quoted])
        [(found,)] = cursor.fetchall()
    return bool(found)


def descendants(connection: BaseDatabaseWrapper, tables: Iterable[str]) -> dict[str, list[str]]:
    """Return the partitions of tables, and the tables that inherit from them, at any depth.

    A statement that names one of these does not run the triggers of the parent table.
    """
    quote = connection.ops.quote_name
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(_DESCENDANTS, [_at(quote(schema(connection)), quote(table))])
            if names := [name for (name,) in cursor.fetchall()]:
                found[table] = names
    return found


_NAMED = """\
CASE WHEN n.nspname = current_schema() THEN c.relname
ELSE format('"%%s"."%%s"', n.nspname, c.relname) END"""
"""The name of a table in this module, with its schema unless that is the default one."""

_DESCENDANTS = f"""\
WITH RECURSIVE below AS (
  SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(%s)
  UNION SELECT i.inhrelid FROM pg_inherits AS i JOIN below ON i.inhparent = below.inhrelid
)
SELECT {_NAMED} FROM below
JOIN pg_class AS c ON c.oid = below.inhrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') ORDER BY 1"""  # noqa: S608 (names)


# The function is in the schema for which it was created; the table may be in another one. The
# function is also looked up by name, which returns the current state: in a REPEATABLE READ
# transaction, the catalog still shows triggers that were removed after the transaction began.
_INSTALLED = f"""\
SELECT t.tgname, {_NAMED} FROM pg_trigger AS t
JOIN pg_proc AS p ON p.oid = t.tgfoid JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgname LIKE %s
AND p.pronamespace = to_regnamespace(quote_ident(current_schema()))
AND to_regproc(format('%%I.%%I', current_schema(), t.tgname)) IS NOT NULL"""  # noqa: S608 (names)


def schema(connection: BaseDatabaseWrapper) -> str:
    """Return the first schema in which a connection looks for tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        [(name,)] = cursor.fetchall()
    return str(name)


def installed(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the existing triggers that are not disabled: name -> table."""
    with connection.cursor() as cursor:
        cursor.execute(_INSTALLED, [f"{PREFIX}%"])
        return dict(cursor.fetchall())


def dropping(connection: BaseDatabaseWrapper, name: str, table: str) -> list[str]:
    """Return the statements that remove a trigger."""
    quote = connection.ops.quote_name
    where = quote(schema(connection))
    return [
        f"DROP TRIGGER IF EXISTS {quote(name)} ON {_at(where, quote(table))}",
        f"DROP FUNCTION IF EXISTS {where}.{quote(name)}()",
    ]


def renaming(connection: BaseDatabaseWrapper, name: str, table: str, new: str) -> list[str]:
    """Return the statements that rename a trigger and its function."""
    quote = connection.ops.quote_name
    where = quote(schema(connection))
    at = _at(where, quote(table))
    return [
        f"ALTER TRIGGER {quote(name)} ON {at} RENAME TO {quote(new)}",
        f"ALTER FUNCTION {where}.{quote(name)}() RENAME TO {quote(new)}",
    ]


def script(again: list[str], made: list[str]) -> list[str]:
    """Return the lines for psql that create a trigger, all in one transaction."""
    return [f"{statement};" for statement in ("BEGIN", *again, *made, "COMMIT")]
