"""Facets in one search: a choice in one of them does not hide what else could be chosen there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..fields import SearchField
from ..query import Query
from .criteria import Selection
from .facets import Aggregation, Facet, StatsFacet

_VALUES = "values"
_NESTED = "nested"


def split(
    facets: Mapping[str, Facet], selections: Iterable[Selection]
) -> tuple[list[Selection], list[Selection]]:
    """Return the selections that hold for everything, and those that a facet is about."""
    paths = {facet.field for facet in facets.values()}
    everywhere: list[Selection] = []
    chosen: list[Selection] = []
    for selection in selections:
        (chosen if selection.path in paths else everywhere).append(selection)
    return everywhere, chosen


def all_of(selections: Iterable[Selection]) -> Query:
    """Return the query for what fits every selection."""
    return {"bool": {"filter": [selection.query for selection in selections]}}


def aggregation(facet: Facet, field: SearchField, chosen: Sequence[Selection]) -> Aggregation:
    """Return the aggregation of a facet, in what the choices in *other* facets leave.

    Args:
        field: what the mapping says of the facet's field.
        chosen: the selections that facets are about.
    """
    inner = facet.aggregation()
    if field.nested:
        if not isinstance(facet, StatsFacet):
            inner["aggs"] = {"documents": {"reverse_nested": {}}}
        inner = {"nested": {"path": field.nested[-1]}, "aggs": {_NESTED: inner}}
    others = [selection for selection in chosen if selection.path != facet.field]
    return {"filter": all_of(others), "aggs": {_VALUES: inner}}


def read(facet: Facet, answer: Mapping[str, Any]) -> Any:
    """Return the facet as plain data, from the answer to its aggregation."""
    values = answer[_VALUES]
    return facet.read(values.get(_NESTED, values))
