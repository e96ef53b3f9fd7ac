"""Restrict a queryset to many primary keys, with one parameter for all of them."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Field, ForeignKey, QuerySet
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler


def among(
    queryset: QuerySet[Any], keys: Sequence[Any] | Callable[[], Sequence[Any]]
) -> QuerySet[Any]:
    """Return the rows of ``queryset`` whose primary key is one of ``keys``.

    Args:
        keys: any number of keys, of the type that the model's key has in Python. Or a function that
            returns them, called when the rows are first needed.
    """
    return queryset.filter(AmongKeys(F("pk"), Keys(keys)))


def count_rows(queryset: QuerySet[Any]) -> int:
    """Return the exact number of rows, even if ``count()`` of the project's class estimates."""
    return queryset.query.get_count(using=queryset.db)


class Keys:
    """Primary keys. The copies of a query share what was computed from them."""

    def __init__(self, keys: Sequence[Any] | Callable[[], Sequence[Any]]) -> None:
        self._keys = keys

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def values(self) -> Sequence[Any]:
        """The keys."""
        return self._keys() if callable(self._keys) else self._keys

    @cached_property
    def are_integers(self) -> bool:
        """Whether all keys are plain integers, which every driver accepts."""
        return all(type(key) is int for key in self)

    @cached_property
    def text(self) -> str:
        """The integers as text, separated by commas."""
        return ",".join(map(str, self))


class AmongKeys(In):
    """``pk IN …`` for any number of keys.

    With a parameter for each key, planning would take seconds, and a server refuses more than about
    60,000. On other databases, this is the usual ``IN``.
    """

    # The keys are already prepared: preparing 100,000 keys takes as long as the query.
    prepare_rhs = False
    rhs: Keys

    def get_prep_lookup(self) -> Any:
        """Return the keys unchanged."""
        return self.rhs

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        """Compare with the elements of an array."""
        values = self._values(connection)
        column, parameters = self.process_lhs(compiler, connection)
        kind = _column_type(self.lhs.output_field, connection)
        if self.rhs.are_integers:
            # The index may contain keys that are too large for the column. They belong to no row.
            kind = "bigint"
        elif kind.startswith(("varchar", "char")):
            # A cast to a type with a length would truncate longer keys.
            kind = "text"
        # For a list of many numbers, the driver takes ten times as long as for their text.
        array: Any = f"{{{self.rhs.text}}}" if self.rhs.are_integers else list(values)
        return f"{column} = ANY(%s::{kind}[])", [*parameters, array]

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, Sequence[Any]]:
        """Compare with the elements of a JSON list."""
        values = self._values(connection)
        if not self.rhs.are_integers and not all(isinstance(value, str) for value in values):
            return super().as_sql(compiler, connection)
        column, parameters = self.process_lhs(compiler, connection)
        array = f"[{self.rhs.text}]" if self.rhs.are_integers else json.dumps(values)
        sql = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 (a column of ours)
        return sql, [*parameters, array]

    def _values(self, connection: BaseDatabaseWrapper) -> Sequence[Any]:
        """Return the keys in the form that the database's driver needs."""
        if not self.rhs:
            raise EmptyResultSet
        if self.rhs.are_integers:
            return self.rhs.values
        convert = self.lhs.output_field.get_db_prep_value
        return [convert(key, connection, prepared=False) for key in self.rhs]


def _column_type(field: "Field[Any, Any]", connection: BaseDatabaseWrapper) -> str:
    while isinstance(field, ForeignKey):
        field = field.target_field
    return field.rel_db_type(connection) or ""
