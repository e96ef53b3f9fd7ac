"""Wait for other writers at the start of a transaction, because SQLite cannot do so later."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from sqlite3 import Error
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from ...backends.transport.deadline import current_deadline
from ...models import OutboxEntry
from .tables import has_outbox


def wait_for_writers(using: str) -> None:
    """Take the write lock of a database that has only one; call it before the first read.

    By default, SQLite takes it at the first write, and fails immediately ("database is locked") if
    another process has written since this transaction began to read.
    """
    if not connections[using].features.has_select_for_update and has_outbox(using):
        OutboxEntry.objects.using(using).filter(pk=0).update(attempts=0)


@contextmanager
def waiting_no_longer(using: str, seconds: float) -> Iterator[None]:
    """Limit how long each statement in the block waits for the locks of others.

    SQLite waits for another writer, with a time-out that applies to the whole connection and may be
    far too long for a save. On PostgreSQL and MariaDB, the limit applies to locks of rows and of
    tables (as a migration takes), and only under a deadline.
    """
    connection = connections[using]
    if connection.vendor == "sqlite" and connection.connection is not None:
        with _busy(connection, seconds):
            yield
    elif _can_prefix(connection):
        with connection.execute_wrapper(_in_time):
            yield
    elif getattr(connection, "mysql_is_mariadb", False):
        with connection.execute_wrapper(_in_time_of_mariadb):
            yield
    else:
        yield


@contextmanager
def _busy(connection: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    raw = connection.connection
    # Not with Django's cursor, because this is not a query of the project.
    [(before,)] = raw.execute("PRAGMA busy_timeout")
    raw.execute(f"PRAGMA busy_timeout = {min(before, int(seconds * 1_000))}")
    try:
        yield
    finally:
        with suppress(Error):
            if connection.connection is raw:
                raw.execute(f"PRAGMA busy_timeout = {before}")


def _can_prefix(connection: BaseDatabaseWrapper) -> bool:
    """Return whether a statement can be sent together with another one, as one transaction.

    This is not possible in an open transaction, where the setting would outlast the drain, or if
    the server binds the values, which it does for only one statement.
    """
    return (
        connection.vendor == "postgresql"
        and not connection.in_atomic_block
        and not connection.settings_dict["OPTIONS"].get("server_side_binding")
    )


def _in_time(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    raw, deadline = context["cursor"].cursor, current_deadline()
    # The statement of a named cursor becomes part of another statement.
    if deadline is None or many or not isinstance(sql, str) or getattr(raw, "name", None):
        return execute(sql, params, many, context)
    # Within the statement it would be too late: its tables are locked before it runs.
    wait = f"SELECT set_config('lock_timeout', '{max(int(deadline.remaining * 1_000), 1)}ms', true)"
    result = execute(f"{wait}; {sql}", params, many, context)
    # With psycopg2, the cursor has only the last result.
    if type(raw).__module__.split(".")[0] != "psycopg2":
        raw.nextset()
    return result


def _in_time_of_mariadb(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    deadline = current_deadline()
    if deadline is None or many or not isinstance(sql, str) or not sql.startswith(_LOCKING):
        return execute(sql, params, many, context)
    # In whole seconds, and for this statement only, so that nothing has to be reset.
    seconds = max(int(deadline.remaining), 1)
    wait = f"innodb_lock_wait_timeout = {seconds}, lock_wait_timeout = {seconds}"
    return execute(f"SET STATEMENT {wait} FOR {sql}", params, many, context)


_LOCKING = ("SELECT", "INSERT", "UPDATE", "DELETE")
