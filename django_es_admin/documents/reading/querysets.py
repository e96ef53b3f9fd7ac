"""The querysets that documents are read from: which can be used, their order and size."""

from typing import Any
from uuid import UUID

from django.db import connections, models
from django.db.models.manager import BaseManager
from django.db.models.query import ModelIterable
from django.db.models.sql.datastructures import Join

from ...exceptions import QuerysetUnusable
from ..described.declared import Declared
from .configured import as_configured


class _AnyOf(models.Expression):
    """A value in a query of PostgreSQL for any of many values, passed as one parameter.

    Writing a parameter for each value takes longer than finding the rows.
    """

    # It is only compared with the values that it replaces.
    output_field = models.TextField()

    def __init__(self, values: list[Any]) -> None:
        super().__init__()
        self._values = values

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "(SELECT unnest(%s))", [self._values]


def among(lookup: str, keys: list[Any], using: str) -> dict[str, Any]:
    """Return arguments of ``filter()`` for rows where ``lookup`` is one of these keys.

    Args:
        using: alias of the database.
    """
    is_plain = {type(key) for key in keys} in ({int}, {UUID})
    if is_plain and connections[using].vendor == "postgresql":
        return {f"{lookup}__in": _AnyOf(keys)}
    return {f"{lookup}__in": keys}


def queryset_of(document: type[Declared]) -> models.QuerySet[Any]:
    """Return the queryset of a document class. It can be filtered.

    Raises:
        QuerysetUnusable: ``get_queryset()`` returns something that cannot be used.
    """
    with as_configured():
        found: Any = document().get_queryset()
    if isinstance(found, BaseManager):
        found = found.all()
    reason = _why_unusable(found, document.django.model)
    if reason:
        raise QuerysetUnusable(
            f"{document.__name__}.get_queryset() returns {reason}: return a queryset of "
            f"{document.django.model.__name__} that can be filtered."
        )
    queryset: models.QuerySet[Any] = found
    return queryset


def _why_unusable(found: Any, model: type[models.Model]) -> str:
    """Return why the result of ``get_queryset()`` cannot be used; "" if it can.

    It must be possible to filter it by keys, order it by key and read it in portions.
    """
    if not isinstance(found, models.QuerySet):
        return "None" if found is None else f"a value of type {type(found).__name__}"
    query = found.query
    if found.model._meta.concrete_model is not model._meta.concrete_model:
        return f"objects of {found.model._meta.label}"
    if query.combinator:
        return f"the {query.combinator} of querysets"
    if query.is_sliced:
        return "a slice of a queryset"
    if not issubclass(found._iterable_class, ModelIterable):  # noqa: SLF001 (values(), dates())
        return "rows instead of objects"
    return ""


def why_ambiguous(queryset: models.QuerySet[Any]) -> str:
    """Return why a part of a queryset may contain different objects or values than the whole.

    Return "" if they are the same.
    """
    query = queryset.query
    if query.distinct_fields and not {*query.distinct_fields} <= {"pk", query.get_meta().pk.name}:
        return "one object for each value of a column"
    annotations = query.annotations.values()
    if any(getattr(annotation, "contains_over_clause", False) for annotation in annotations):
        return "an annotation over other rows (a window)"
    return ""


def attributes_of(queryset: models.QuerySet[Any]) -> frozenset[str]:
    """Return the names of the annotations of a queryset."""
    prefetched = {prefetch.to_attr or "" for prefetch in chosen_by(queryset).values()}
    return frozenset((*queryset.query.annotations, *prefetched)) - {""}


def count_each_once(queryset: models.QuerySet[Any]) -> int:
    """Return the number of objects, because a join may return an object in several rows."""
    query = queryset.query
    joins = (join for join in query.alias_map.values() if isinstance(join, Join))
    if query.extra_tables or any(getattr(join.join_field, "one_to_many", False) for join in joins):
        found = queryset.order_by().aggregate(number=models.Count("pk", distinct=True))
        return int(found["number"])
    return queryset.count()


def lookups_of(queryset: models.QuerySet[Any]) -> "tuple[str | models.Prefetch[Any], ...]":
    """Return the arguments of ``prefetch_related()``."""
    found: tuple[str | models.Prefetch[Any], ...] = queryset._prefetch_related_lookups  # type: ignore[attr-defined]  # noqa: SLF001 (nothing public tells it)
    return found


def chosen_by(queryset: models.QuerySet[Any]) -> "dict[str, models.Prefetch[Any]]":
    """Return path -> the project's own prefetch there, with a queryset or a name."""
    return {
        lookup.prefetch_to: lookup
        for lookup in lookups_of(queryset)
        if isinstance(lookup, models.Prefetch) and (lookup.queryset is not None or lookup.to_attr)
    }


def order_of(queryset: models.QuerySet[Any]) -> tuple[Any, ...]:
    """Return the order of a queryset: its own, or that of its model."""
    query = queryset.query
    if query.order_by or not query.default_ordering or query.group_by:
        return tuple(query.order_by)
    return tuple(query.get_meta().ordering or ())


def in_order(queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Return a queryset in its own order, and then by key for objects with an equal order.

    Otherwise the database may return equal objects in any order, and the document would change.
    """
    query = queryset.query
    if query.is_sliced or query.combinator or query.extra_order_by or query.distinct_fields:
        return queryset
    return queryset.order_by(*order_of(queryset), "pk")
