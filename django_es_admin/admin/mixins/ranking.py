"""Put rows in the order of a search's hits, without sorting all of them in the database."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

# Rows of an answer without pages (autocomplete) that are ranked; nobody looks further.
MAX_RANKED = 100


def matching(queryset: QuerySet[Any], ids: Iterable[Any]) -> list[Any]:
    """Return the keys of ``queryset``: those of ``ids`` in their order, then the others in its own.

    Others are there only if a project's ``get_search_results()`` added them to the hits.
    """
    found = set(queryset.order_by().values_list("pk", flat=True))
    ranked = [key for key in ids if key in found]
    if len(ranked) < len(found):
        others = found.difference(ranked)
        ordered = dict.fromkeys(queryset.values_list("pk", flat=True))
        ranked += [key for key in ordered if key in others]
    return ranked


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
