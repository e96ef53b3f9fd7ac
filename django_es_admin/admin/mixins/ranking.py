"""Put rows in the order of a search's hits, without sorting all of them in the database."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

# Rows of an answer without pages (autocomplete) that are ranked; nobody looks further.
MAX_RANKED = 100


def matching(queryset: QuerySet[Any], ids: Iterable[Any]) -> list[Any]:
    """Return those of ``ids`` that are in ``queryset``, in their order; one query, keys only."""
    found = set(queryset.order_by().values_list("pk", flat=True))
    return [key for key in ids if key in found]


def in_order(queryset: QuerySet[Any], keys: Sequence[Any]) -> QuerySet[Any]:
    """Return the rows of ``keys``, in their order.

    Args:
        keys: of one page: the query grows with them.
    """
    return queryset.filter(pk__in=keys).order_by(_rank(keys), "pk")


def best_first(queryset: QuerySet[Any], ids: Iterable[Any]) -> QuerySet[Any]:
    """Return ``queryset`` with its best rows first, and the others as they were sorted before."""
    best = matching(queryset, ids)[:MAX_RANKED]
    return queryset.order_by(_rank(best), *queryset.query.order_by, "-pk") if best else queryset


def _rank(keys: Sequence[Any]) -> Case:
    whens = [When(pk=key, then=Value(place)) for place, key in enumerate(keys)]
    return Case(*whens, default=Value(len(keys)), output_field=IntegerField())
