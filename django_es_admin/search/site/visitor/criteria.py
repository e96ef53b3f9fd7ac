"""The choices of a visitor besides the words: filters and ranges, as queries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ....documents import Document
from ....exceptions import SearchParameterInvalid
from ...text.fields import Query, SearchField, inside, read_fields
from .values import is_given, read_bound, read_values


@dataclass(frozen=True)
class Selection:
    """One choice of a visitor.

    Args:
        path: the path of the field.
        query: the query for matching documents.
        values: the values of which a document must have one; empty for a range.
        bounds: ``"gte"`` and ``"lte"`` of a range.
    """

    path: str
    query: Query
    values: tuple[Any, ...] = ()
    bounds: tuple[tuple[str, Any], ...] = ()


def find_field(document: type[Document], path: str) -> SearchField:
    """Return the field with its mapping."""
    return read_fields(document, (path,))[0]


def chosen(document: type[Document], path: str, name: str, value: Any) -> Selection:
    """Return the selection of documents with one of the values.

    Raises:
        SearchParameterInvalid: the field cannot have this value.
    """
    field = find_field(document, path)
    values = read_values(name, value, field)
    return Selection(path, inside(field, {"terms": {path: values}}), values=tuple(values))


def read_selections(
    document: type[Document],
    filters: Mapping[str, str],
    ranges: Mapping[str, str],
    criteria: Mapping[str, Any],
) -> tuple[Selection, ...]:
    """Return the selections for ``criteria``. Empty criteria select nothing.

    Args:
        filters: name of a criterion -> path of the field.
        ranges: the same for ranges, whose criteria are ``min_<name>`` and ``max_<name>``.

    Raises:
        SearchParameterInvalid: a value is invalid.
        TypeError: there is no such criterion.
    """
    known = {*filters, *(f"{end}_{name}" for name in ranges for end in ("min", "max"))}
    if unknown := sorted(set(criteria) - known):
        raise TypeError(
            f"The search has no criterion {', '.join(unknown)}: "
            f"it has {', '.join(sorted(known)) or 'none'}."
        )
    given = {name: value for name, value in criteria.items() if is_given(value)}
    picked = [
        chosen(document, path, name, given[name]) for name, path in filters.items() if name in given
    ]
    return (*picked, *_ranges(document, ranges, given))


def _ranges(
    document: type[Document], ranges: Mapping[str, str], given: Mapping[str, Any]
) -> Iterator[Selection]:
    for name, path in ranges.items():
        field = find_field(document, path)
        bounds = {
            side: read_bound(f"{end}_{name}", given[f"{end}_{name}"], field)
            for side, end in (("gte", "min"), ("lte", "max"))
            if f"{end}_{name}" in given
        }
        if bounds:
            if len(bounds) == 2 and bounds["gte"] > bounds["lte"]:
                text = _("“%(name)s” is above its maximum.") % {"name": f"min_{name}"}
                raise SearchParameterInvalid(text, f"min_{name}")
            query = inside(field, {"range": {path: bounds}})
            yield Selection(path, query, bounds=tuple(bounds.items()))
