"""Empties databases after tests that commit, without writing permissions again each time."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import IntegrityError, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

KEPT = (ContentType, Permission)
"""What ``migrate`` writes. To write it again, as ``flush`` does, takes longer than most tests."""

MOST_BYTES = 100_000
"""A larger table of PostgreSQL is truncated."""

Rows = list[tuple[Any, ...]]

_written: dict[str, list[Rows]] = {}
"""Alias of a database -> its rows of ``KEPT`` after Django's ``flush``."""

_flush = TransactionTestCase._fixture_teardown


def empty(self: TransactionTestCase) -> None:
    """Do what ``_fixture_teardown`` does, in a fraction of its time."""
    aliases = sorted(self._databases_names(include_mirrors=False))
    if any(_written.get(alias) != _kept(alias) for alias in aliases):
        _flush(self)
        _written.update((alias, _kept(alias)) for alias in aliases)
        return
    for alias in aliases:
        connection = connections[alias]
        tables: Sequence[str] = filled(connection)
        if tables and connection.vendor == "postgresql":
            tables = _delete_few(connection, tables)
        # Only PostgreSQL refuses to truncate a table that another, empty table refers to.
        cascade = connection.vendor == "postgresql"
        connection.ops.execute_sql_flush(
            connection.ops.sql_flush(no_style(), tables, allow_cascade=cascade)
        )


def _delete_few(connection: BaseDatabaseWrapper, tables: Sequence[str]) -> Sequence[str]:
    """Delete the rows, unless they are many; return the tables that have rows then.

    For a few rows, TRUNCATE takes ten times as long. Rows that are deleted still take time to read.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(pg_relation_size(oid)) FROM pg_class WHERE relname = ANY(%s)",
            [list(tables)],
        )
        [size] = cursor.fetchone()
    if size > MOST_BYTES:
        return tables
    quote = connection.ops.quote_name
    # A test may have added a reference that is checked at once, or a trigger that writes rows.
    with suppress(IntegrityError):
        connection.ops.execute_sql_flush(
            [f"DELETE FROM {quote(table)}" for table in tables]  # noqa: S608 (our tables)
        )
    return filled(connection)


def _kept(alias: str) -> list[Rows]:
    return [
        list(model._base_manager.using(alias).order_by("pk").values_list())
        for model in KEPT
        if router.allow_migrate_model(alias, model)
    ]


def filled(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the tables that have rows, except those of ``KEPT``, with one query."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quote = connection.ops.quote_name
    asked = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quote(table)})"  # noqa: S608 (our tables)
        for table in sorted(set(tables) - {model._meta.db_table for model in KEPT})
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [table for (table,) in cursor.fetchall()]
