"""Translate the order of a queryset to Elasticsearch, if both mean the same."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import connections as databases
from django.db import models
from django.db.models import QuerySet
from elasticsearch import dsl

from ...documents import Document
from ...documents.described.paths import find_column, path_of
from .columns import columns_of, is_stored_plainly

# Classes of columns with only one possible order. The order of texts depends on the collation.
_ORDERED = frozenset(
    (
        "AutoField",
        "BigAutoField",
        "BigIntegerField",
        "BooleanField",
        "DateField",
        "DateTimeField",
        "IntegerField",
        "PositiveBigIntegerField",
        "PositiveIntegerField",
        "PositiveSmallIntegerField",
        "SmallAutoField",
        "SmallIntegerField",
        "UUIDField",
    )
)
# Whether NULL sorts as the smallest value.
_EMPTY_IS_LEAST = {"sqlite": True, "postgresql": False}
# The number of bits of the fraction.
_PRECISION = {"float": 23, "double": 52}


@dataclass(frozen=True)
class SortKey:
    """A field to sort by.

    Args:
        path: the full name of the field.
        descending: whether the greatest value comes first.
        missing: ``"_first"`` or ``"_last"``, the place of documents without a value.
        is_cut: whether the field stores values with less precision than the column, so that two
            values may become equal.
        limit: the number from which on this is so; None if it never is.
    """

    path: str
    descending: bool
    missing: str
    is_cut: bool = False
    limit: float | None = None

    def clause(self) -> Mapping[str, Any]:
        """Return the sort clause of the request."""
        order = "desc" if self.descending else "asc"
        return {self.path: {"order": order, "missing": self.missing}}

    def is_exact(self, value: Any) -> bool:
        """Return whether a value of the field stands for only one value of the column."""
        return self.limit is None or value is None or abs(float(value)) < self.limit


def translate_order(document: type[Document], queryset: QuerySet[Any]) -> tuple[SortKey, ...]:
    """Return the order in Elasticsearch; () if it is unknown, or would differ."""
    vendor = databases[queryset.db].vendor
    query = queryset.query
    names = query.order_by
    if vendor not in _EMPTY_IS_LEAST or not names:
        return ()
    if query.extra_order_by or not query.standard_ordering:
        # After `reverse()`, each name has the opposite order.
        return ()
    keys: list[SortKey] = []
    for name in names:
        key = _sort_key(document, str(name), vendor) if isinstance(name, str) else None
        if key is None:
            return ()
        keys.append(key)
    return tuple(keys)


def _sort_key(document: type[Document], name: str, vendor: str) -> SortKey | None:
    plain = name.removeprefix("-")
    options = document.django.model._meta
    column: Any
    try:
        column = options.pk if plain == "pk" else options.get_field(plain)
    except FieldDoesNotExist:
        # The column of a foreign key. The name of the field would sort by the order of the other
        # model.
        column = find_column(document.django.model, plain)
        if column is None or column.attname != plain:
            return None
    if not isinstance(column, models.Field) or (column.is_relation and column.attname != plain):
        return None
    is_descending = name.startswith("-")
    missing = "_first" if _EMPTY_IS_LEAST[vendor] != is_descending else "_last"
    if isinstance(column, models.DecimalField) and is_stored_plainly(column):
        return _number(document, column, SortKey("", is_descending, missing))
    found = columns_of(document).get(column.attname)
    if found is None or found.kind not in _ORDERED or found.longest is not None:
        return None
    return SortKey(found.path, is_descending, missing, is_cut=found.kind == "DateTimeField")


def _number(
    document: type[Document], column: "models.DecimalField[Any, Any]", key: SortKey
) -> SortKey | None:
    """Return the sort key for a column of decimal numbers, if a field stores them.

    The field rounds the numbers: a greater number stays greater, or becomes equal if there are too
    few bits.
    """
    if document.prepare is not Document.prepare:
        return None
    mapping: Any = document._doc_type.mapping
    for name in mapping:
        field = mapping[name]
        bits = _PRECISION.get(field.name)
        if (
            bits is not None
            and not isinstance(field, dsl.Object)
            and path_of(name, field) == (column.name,)
            and not hasattr(document, f"prepare_{name}")
            and not getattr(field, "convert", None)
            and field.to_dict().keys() <= {"type", "fields"}
        ):
            places = column.decimal_places or 0
            limit = 2.0 ** math.floor(bits + 1 - places * math.log2(10))
            return SortKey(name, key.descending, key.missing, limit=limit)
    return None


def is_certain(
    keys: Sequence[SortKey], values: Sequence[Sequence[Any]], ends: Sequence[int]
) -> bool:
    """Return whether the database would cut the sorted hits into the same pages.

    Args:
        values: for each hit, its values of ``keys``.
        ends: the places in ``values`` at which a page may begin or end.
    """
    if not all(key.is_exact(row[n]) for row in values for n, key in enumerate(keys)):
        return False
    cut = next((n for n, key in enumerate(keys) if key.is_cut), None)
    if cut is None:
        return True
    return all(
        values[end - 1][: cut + 1] != values[end][: cut + 1]
        for end in ends
        if 0 < end < len(values)
    )
