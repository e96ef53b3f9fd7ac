"""The numbers beside the filters of a change list, as rows to count."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin.filters import FacetsMixin
from django.contrib.admin.utils import build_q_object_from_lookup_parameters
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

_DJANGOS_OWN = "django.contrib.admin.filters"

Facets = tuple[tuple[str, QuerySet[Any]], ...]


def facets_of(
    root: QuerySet[Any], request: HttpRequest, filters: Sequence[Any], remaining: Any
) -> Facets | None:
    """Return name of each number -> the rows that it counts.

    Return None if a filter counts in its own way.

    Args:
        root: the rows before any filter.
        filters: the filters of the change list.
        remaining: the parameters that no filter has used, as the change list returns them.
    """
    facets: list[tuple[str, QuerySet[Any]]] = []
    faceted: list[Any] = [each for each in filters if isinstance(each, FacetsMixin)]
    for each in faceted:
        if not _counts_as_django(each):
            return None
        own = each.expected_parameters()
        rows = root
        for other in filters:
            if other.expected_parameters() != own:
                narrowed = other.queryset(request, rows)
                rows = rows if narrowed is None else narrowed
        rows = rows.filter(build_q_object_from_lookup_parameters(remaining))
        for name, count in each.get_facet_counts(root.model._meta.pk.attname, rows).items():
            counted = _counted(rows, count)
            if counted is None:
                return None
            facets.append((facet_name(own, name), counted))
    return tuple(facets)


def facet_name(parameters: Iterable[str | None], name: str) -> str:
    """Return the name of a number, made from its filter's parameters and its name in the filter."""
    return f"{'&'.join(map(str, parameters))}|{name}"


def _counts_as_django(each: Any) -> bool:
    return all(
        getattr(type(each), name).__module__ == _DJANGOS_OWN
        for name in ("get_facet_counts", "get_facet_queryset")
    )


def _counted(rows: QuerySet[Any], count: Any) -> QuerySet[Any] | None:
    if type(count) is not Count or getattr(count, "distinct", False):
        return None
    condition = count.filter
    if not isinstance(condition, Q):
        return rows if condition is None else None
    children: list[Any] = list(condition.children)
    if len(children) == 1 and not condition.negated and isinstance(children[0], tuple):
        name, value = children[0]
        if name == "pk__in" and isinstance(value, QuerySet) and value.model is rows.model:
            # A custom filter may or may not restrict the rows.
            try:
                return rows & value
            except (TypeError, ValueError):
                # One of the querysets is sliced, or distinct.
                return None
    return rows.filter(condition)
