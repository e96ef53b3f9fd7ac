"""Restrict a queryset to many primary keys, with one parameter for all of them."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Field, ForeignKey, QuerySet
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler


def among(queryset: QuerySet[Any], keys: Sequence[Any]) -> QuerySet[Any]:
    """Return the rows of ``queryset`` whose primary key is one of ``keys``.

    Args:
        keys: of the type that the model's key has in Python; any number of them.
    """
    return queryset.filter(AmongKeys(F("pk"), tuple(keys)))


class AmongKeys(In):
    """``pk IN …`` for any number of keys.

    A parameter for each of them would take seconds to plan, and past some 60,000 a server refuses
    the query. Databases without a way around that get the stock ``IN``.
    """

    # The keys are values already: to prepare 100,000 of them costs as much as the query.
    prepare_rhs = False
    rhs: Sequence[Any]

    def get_prep_lookup(self) -> Any:
        """Return the keys as they were given."""
        return self.rhs

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        """Compare with the elements of one array."""
        column, parameters = self.process_lhs(compiler, connection)
        keys, kind = self._values(connection), _column_type(self.lhs.output_field, connection)
        if kind.startswith(("varchar", "char")):
            # A cast to a length would cut longer keys to others.
            return f"{column} = ANY(%s::text[])", [*parameters, list(map(str, keys))]
        if all(isinstance(key, (int, UUID)) for key in keys):
            # The driver takes ten times as long for a list of so many.
            text = "{" + ",".join(map(str, keys)) + "}"
            return f"{column} = ANY(%s::{kind}[])", [*parameters, text]
        return f"{column} = ANY(%s::{kind}[])", [*parameters, list(keys)]

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, Sequence[Any]]:
        """Compare with the elements of one JSON list."""
        keys = self._values(connection)
        if not all(isinstance(key, (int, str)) for key in keys):
            return super().as_sql(compiler, connection)
        column, parameters = self.process_lhs(compiler, connection)
        sql = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 (a column)
        return sql, [*parameters, json.dumps(keys)]

    def _values(self, connection: BaseDatabaseWrapper) -> Sequence[Any]:
        """Return the keys as the database's driver takes them."""
        if not self.rhs:
            raise EmptyResultSet
        if all(type(key) is int for key in self.rhs):
            return self.rhs
        convert = self.lhs.output_field.get_db_prep_value
        return [convert(key, connection, prepared=False) for key in self.rhs]


def _column_type(field: "Field[Any, Any]", connection: BaseDatabaseWrapper) -> str:
    while isinstance(field, ForeignKey):
        field = field.target_field
    return field.rel_db_type(connection) or ""
