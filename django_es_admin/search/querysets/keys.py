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
        keys: of the type that the model's key has in Python; any number of them. Or what returns
            them: it is called when the rows are first asked for.
    """
    return queryset.filter(AmongKeys(F("pk"), Keys(keys)))


def count_rows(queryset: QuerySet[Any]) -> int:
    """Return how many rows there are, also where ``count()`` of the project's class estimates."""
    return queryset.query.get_count(using=queryset.db)


class Keys:
    """Primary keys; the copies of a query share what was made of them for the database."""

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
        """Whether all are plain numbers, which every driver takes as they are."""
        return all(type(key) is int for key in self)

    @cached_property
    def text(self) -> str:
        """Plain numbers with commas between."""
        return ",".join(map(str, self))


class AmongKeys(In):
    """``pk IN …`` for any number of keys.

    A parameter for each of them would take seconds to plan, and past some 60,000 a server refuses
    the query. Databases without a way around that get the stock ``IN``.
    """

    # The keys are values already: to prepare 100,000 of them costs as much as the query.
    prepare_rhs = False
    rhs: Keys

    def get_prep_lookup(self) -> Any:
        """Return the keys as they were given."""
        return self.rhs

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        """Compare with the elements of one array."""
        values = self._values(connection)
        column, parameters = self.process_lhs(compiler, connection)
        kind = _column_type(self.lhs.output_field, connection)
        if self.rhs.are_integers:
            # An index may hold keys that a smaller column cannot: they are of no row.
            kind = "bigint"
        elif kind.startswith(("varchar", "char")):
            # A cast to a length would cut longer keys to others.
            kind = "text"
        # The driver takes ten times as long for a list of so many numbers as for their text.
        array: Any = f"{{{self.rhs.text}}}" if self.rhs.are_integers else list(values)
        return f"{column} = ANY(%s::{kind}[])", [*parameters, array]

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, Sequence[Any]]:
        """Compare with the elements of one JSON list."""
        values = self._values(connection)
        if not self.rhs.are_integers and not all(isinstance(value, str) for value in values):
            return super().as_sql(compiler, connection)
        column, parameters = self.process_lhs(compiler, connection)
        array = f"[{self.rhs.text}]" if self.rhs.are_integers else json.dumps(values)
        sql = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 (a column of ours)
        return sql, [*parameters, array]

    def _values(self, connection: BaseDatabaseWrapper) -> Sequence[Any]:
        """Return the keys as the database's driver takes them."""
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
