"""Translate the conditions of a queryset to Elasticsearch, if both mean the same."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connections as databases
from django.db.models import QuerySet, lookups, sql
from django.db.models.expressions import Col
from django.db.models.sql.where import AND, OR, WhereNode

from ...documents import Document
from ...indices.definition import definition_of
from ..text.fields import Query
from .columns import ColumnField, columns_of

# Databases that compare texts as Elasticsearch compares keywords: by each character.
_EXACT_VENDORS = frozenset(("postgresql", "sqlite"))
_RANGES: tuple[tuple[type[Any], str], ...] = (
    (lookups.GreaterThanOrEqual, "gte"),
    (lookups.GreaterThan, "gt"),
    (lookups.LessThanOrEqual, "lte"),
    (lookups.LessThan, "lt"),
)
_MICROSECONDS = 1_000
# Elasticsearch refuses 65,537 values, and the request grows with each.
MAX_VALUES = 10_000


def translate(document: type[Document], queryset: QuerySet[Any]) -> tuple[Query, ...] | None:
    """Return queries for the documents of the queryset's rows; None if there are none.

    Only conditions on columns of the model's own table can be translated, if the document has their
    exact values. If one condition cannot be translated, the database does all the work.
    """
    query = queryset.query
    joined = [alias for alias, count in query.alias_refcount.items() if count]
    if (
        query.is_sliced
        or query.combinator
        or query.distinct
        or query.group_by
        or query.extra
        or query.is_empty()
        or len(joined) > 1
        or not (is_plain(query) and is_of(document, queryset))
    ):
        return None
    columns = columns_of(document)
    reader = _Reader(columns, query.get_initial_alias(), databases[queryset.db].vendor)
    try:
        return (reader.read(query.where),) if query.where else ()
    except _UntranslatableError:
        return None


def is_plain(query: sql.Query) -> bool:
    """Return whether a query has only features whose meaning is known here."""
    return type(query) is sql.Query and not query.extra_tables


def is_of(document: type[Document], queryset: QuerySet[Any]) -> bool:
    """Return whether a queryset reads the database that the document's index is made from.

    If the queryset names no database, the router decides, and may return a replica.
    """
    rows: Any = queryset
    return rows._db in (None, definition_of(document).database)  # noqa: SLF001


class _UntranslatableError(Exception):
    """A condition means something else in Elasticsearch, or cannot be expressed."""


class _Reader:
    def __init__(self, columns: Mapping[str, ColumnField], table: str, vendor: str) -> None:
        self._columns = columns
        self._table = table
        self._vendor = vendor

    def read(self, condition: Any, *, negated: bool = False) -> Query:
        """Return the query for a condition.

        Raises:
            _UntranslatableError: there is no such query.
        """
        if isinstance(condition, WhereNode):
            return self._several(condition, negated=negated)
        if not isinstance(condition, lookups.Lookup) or condition.bilateral_transforms:
            raise _UntranslatableError
        column = self._column(condition.lhs)
        if isinstance(condition, lookups.IsNull):
            return self._is_empty(column, condition.rhs)
        if negated and column.is_nullable:
            # In SQL, neither a condition nor its opposite is true for NULL.
            raise _UntranslatableError
        if not type(condition).__module__.startswith("django."):
            # A project's own lookup may have the name and base class of Django's, but compare
            # differently.
            raise _UntranslatableError
        return self._compared(column, condition)

    def _compared(self, column: ColumnField, condition: "lookups.Lookup[Any]") -> Query:
        if isinstance(condition, lookups.Exact):
            return {"term": {column.path: self._value(column, condition.rhs)}}
        if isinstance(condition, lookups.In) and isinstance(condition.rhs, Collection):
            if len(condition.rhs) > MAX_VALUES:
                raise _UntranslatableError
            values = [self._value(column, value) for value in condition.rhs]
            return {"terms": {column.path: values}}
        if isinstance(condition, lookups.Range) and isinstance(condition.rhs, list | tuple):
            first, last = condition.rhs
            return self._between(column, {"gte": first, "lte": last})
        for kind, side in _RANGES:
            if isinstance(condition, kind):
                return self._between(column, {side: condition.rhs})
        raise _UntranslatableError

    def _between(self, column: ColumnField, bounds: Mapping[str, Any]) -> Query:
        if column.kind in ("BooleanField", "UUIDField"):
            raise _UntranslatableError
        if column.kind == "DateTimeField" and not bounds.keys().isdisjoint(("gt", "lte")):
            # Elasticsearch truncates a time to milliseconds, so it would no longer be later.
            raise _UntranslatableError
        values = {side: self._value(column, bound, is_bound=True) for side, bound in bounds.items()}
        return {"range": {column.path: values}}

    def _several(self, node: WhereNode, *, negated: bool) -> Query:
        if node.connector not in (AND, OR):
            raise _UntranslatableError
        inside = negated or node.negated
        parts = [self.read(child, negated=inside) for child in node.children]
        if node.connector == AND:
            query: Query = {"bool": {"filter": parts}}
        else:
            query = {"bool": {"should": parts, "minimum_should_match": 1}}
        return {"bool": {"must_not": query}} if node.negated else query

    def _column(self, expression: Any) -> ColumnField:
        if not isinstance(expression, Col) or expression.alias != self._table:
            raise _UntranslatableError
        column = self._columns.get(expression.target.attname)
        if column is None:
            raise _UntranslatableError
        return column

    def _is_empty(self, column: ColumnField, empty: Any) -> Query:
        if column.longest is not None:
            raise _UntranslatableError
        exists = {"exists": {"field": column.path}}
        return {"bool": {"must_not": exists}} if empty else exists

    def _value(self, column: ColumnField, value: Any, *, is_bound: bool = False) -> Any:
        if isinstance(value, datetime):
            # Elasticsearch stores milliseconds, so a bound between two of them is lost.
            if (
                column.kind == "DateTimeField"
                and is_bound
                and not value.microsecond % _MICROSECONDS
            ):
                return value.isoformat()
        elif isinstance(value, date):
            if column.kind == "DateField":
                return value.isoformat()
        elif isinstance(value, (bool, int)):
            if (column.kind == "BooleanField") == isinstance(value, bool):
                return value
        elif isinstance(value, UUID):
            return str(value)
        elif (
            isinstance(value, str)
            and not is_bound
            and self._vendor in _EXACT_VENDORS
            and (column.longest is None or len(value) <= column.longest)
        ):
            return value
        raise _UntranslatableError
