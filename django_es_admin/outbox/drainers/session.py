"""The rows that the database's triggers have recorded for this process's own connection.

The triggers add the rows to a list in the session, which is undone on a rollback. It is a setting
on PostgreSQL, a variable on MariaDB, and a temporary table on SQLite.
"""

import weakref
from collections.abc import Iterator
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ...conf import get_options
from ...models import OutboxEntry
from ..rows.claim import inline_grace

CHANNEL = "django_es_admin"
"""The channel for notifications to workers, sent by PostgreSQL for rows that no process drains."""

_ATTRIBUTE = "_django_es_admin_session"


class _Following:
    """Keeps the triggers informed of this process, unless its transaction is rolled back."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.raw = connection.connection

    def committed(self) -> None:
        # It stays valid until the connection is replaced.
        setattr(self.connection, _ATTRIBUTE, lambda: self)


def follow(using: str) -> None:
    """Tell the triggers that this process drains the rows recorded for its connection.

    Inside a transaction, a rollback undoes this.
    """
    connection = connections[using]
    told = getattr(connection, _ATTRIBUTE, lambda: None)()
    if connection.vendor not in _FOLLOW or (told is not None and told.raw is connection.connection):
        return
    with connection.cursor() as cursor:
        for statement in _FOLLOW[connection.vendor](int(inline_grace().total_seconds())):
            cursor.execute(statement, None)
    following = _Following(connection)
    # Only the callback keeps it alive, and Django drops the callback on a rollback.
    setattr(connection, _ATTRIBUTE, weakref.ref(following))

    # A plain function: Django logs a callback's __qualname__.
    def confirm(following: _Following = following) -> None:
        following.committed()

    transaction.on_commit(confirm, using=using, robust=True)


def _on_postgresql(grace: int) -> list[str]:
    return [f"SET django_es_admin.grace = '{grace}'"]


def _on_mysql(grace: int) -> list[str]:
    return [f"SET @django_es_admin_grace = {grace}"]


def _on_sqlite(grace: int) -> list[str]:
    table = OutboxEntry._meta.db_table
    return [
        "CREATE TEMP TABLE IF NOT EXISTS django_es_admin_rows (id integer PRIMARY KEY)",
        f"CREATE TEMP TRIGGER IF NOT EXISTS django_es_admin_follow "  # noqa: S608 (a constant)
        f'AFTER INSERT ON main."{table}" WHEN NEW.leased_until IS NULL BEGIN '
        f"INSERT OR IGNORE INTO django_es_admin_rows VALUES (NEW.id); END",
    ]


_FOLLOW = {"postgresql": _on_postgresql, "mysql": _on_mysql, "sqlite": _on_sqlite}


def take(using: str) -> list[OutboxEntry]:
    """Return the rows that were committed by this connection since the last call."""
    connection = connections[using]
    ids = list(_TAKE[connection.vendor](connection)) if connection.vendor in _TAKE else []
    if not ids:
        return []
    most = get_options().inline_max_objects
    fields = ("pk", "connection", "index", "kind", "model", "document", "key", "cursor")
    rows = OutboxEntry.objects.using(using).filter(
        pk__in=ids[:most], due_at__isnull=True, parked_at__isnull=True
    )
    return [OutboxEntry(**dict(zip(fields, row, strict=True))) for row in rows.values_list(*fields)]


def _from_postgresql(connection: BaseDatabaseWrapper) -> Iterator[int]:
    # In this order, so that no row is read twice.
    sql = (
        "WITH noted AS MATERIALIZED "
        "(SELECT current_setting('django_es_admin.rows', true) AS ids) "
        "SELECT ids, set_config('django_es_admin.rows', '', false) FROM noted"
    )
    for text, _ in _rows(connection, sql):
        yield from map(int, filter(None, (text or "").split(",")))


def _from_mysql(connection: BaseDatabaseWrapper) -> Iterator[int]:
    for (text,) in _rows(connection, "SELECT CAST(@django_es_admin_rows AS CHAR)"):
        for part in filter(None, (text or "").split(",")):
            first, _, count = part.partition(":")
            yield from range(int(first), int(first) + int(count))
    with connection.cursor() as cursor:
        cursor.execute("SET @django_es_admin_rows = NULL")


def _from_sqlite(connection: BaseDatabaseWrapper) -> Iterator[int]:
    found = _rows(connection, "SELECT id FROM django_es_admin_rows ORDER BY id")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM temp.django_es_admin_rows")
    return (key for (key,) in found)


_TAKE = {"postgresql": _from_postgresql, "mysql": _from_mysql, "sqlite": _from_sqlite}


def _rows(connection: BaseDatabaseWrapper, sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
