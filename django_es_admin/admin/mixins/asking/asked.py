"""What a search of the admin asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import QuerySet

MOST_CHARACTERS = 100
"""The names of the columns in an order."""


@dataclass(frozen=True)
class ListPage:
    """The page of a change list that Elasticsearch may filter, rank and count by itself.

    Args:
        number: the number of the page, from 1.
        size: the number of rows on a page.
        orphans: how many more rows the last page may have.
        date_hierarchy: the column whose days are listed; "" for none.
        with_all: whether to also count rows that are not hits.
        root: the rows that may be seen, before any filter.
        is_sorted: whether a column was clicked.
        facets: name of a number beside a filter -> the rows that it counts, before the search.
        is_trusted: whether the index may be asked while changes still wait.
    """

    number: int
    size: int
    orphans: int
    date_hierarchy: str
    with_all: bool
    root: QuerySet[Any]
    is_trusted: bool
    is_sorted: bool
    facets: tuple[tuple[str, QuerySet[Any]], ...] = ()

    @property
    def start(self) -> int:
        """The number of rows before the page."""
        return (self.number - 1) * self.size


@dataclass(frozen=True)
class Asked:
    """What a change list asks for. The defaults are for other views: all hits, best first.

    Args:
        in_list: whether a change list asks, which sorts and pages by itself.
        page: the page to ask for; None for the keys of all hits.
        conditions: rows with the conditions of all querysets of this search; None if each has its
            own.
    """

    in_list: bool = False
    page: ListPage | None = None
    conditions: QuerySet[Any] | None = None


Filters = tuple[Mapping[str, Any], ...]


def chosen_in(changelist: Any) -> tuple[dict[str, Any], str]:
    """Return the chosen filters of a change list, and its order by clicked columns.

    Args:
        changelist: Django's change list.
    """
    filters = {
        name: values[0] if len(values) == 1 else list(values)
        for name, values in changelist.get_filters_params().items()
    }
    if not changelist.params.get(ORDER_VAR):
        return filters, ""
    names = [getattr(each, "__name__", str(each)) for each in changelist.list_display]
    columns = changelist.get_ordering_field_columns()
    return filters, ", ".join(
        f"{'-' * (way == 'desc')}{names[number]}"
        for number, way in columns.items()
        if 0 <= number < len(names)
    )[:MOST_CHARACTERS]
