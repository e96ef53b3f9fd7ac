"""Which hits are requested, and in which order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from elasticsearch import dsl

from ....exceptions import SearchParameterInvalid
from .cursor import read_cursor, write_cursor
from .values import is_given, read_whole

Sort = list[dict[str, Any]]


@dataclass(frozen=True)
class Paging:
    """A page of hits.

    Args:
        sort_by: the name of the order.
        sort: the order in Elasticsearch's terms.
        page: the number of the page, from 1.
        page_size: the number of hits on a page.
        after: the sort values of the hit before the page; None for a page with a number.
        window: how many hits are on pages with a number.
        has_cursor: whether a cursor works with this order.
    """

    sort_by: str
    sort: Sort
    page: int
    page_size: int
    after: list[Any] | None
    window: int
    has_cursor: bool

    @property
    def start(self) -> int:
        """The number of hits before the page."""
        return (self.page - 1) * self.page_size

    def apply(self, search: "dsl.Search[Any]") -> "dsl.Search[Any]":
        """Return the search restricted to this page."""
        extra: dict[str, Any] = {"size": self.page_size, "track_total_hits": True}
        if self.after is None:
            extra["from"] = self.start
        else:
            extra["search_after"] = self.after
        return search.sort(*self.sort).extra(**extra)

    def total_pages(self, total: int) -> int:
        """Return the number of pages with a number."""
        return -(-min(total, self.window) // self.page_size)

    def next_cursor(self, hits: list[Mapping[str, Any]], total: int) -> str | None:
        """Return the cursor after these hits; None if there are no more."""
        more = len(hits) == self.page_size and (
            self.after is not None or total > self.start + self.page_size
        )
        return write_cursor(self.sort_by, hits[-1]["sort"]) if more and self.has_cursor else None


def sort_of(spec: str, key: str) -> Sort:
    """Return an order in Elasticsearch's terms.

    Args:
        spec: a field, with ``"-"`` for descending, or ``"_score"`` for the best first.
        key: the field with the primary key, which sorts equal hits; "" for none.
    """
    path = spec.removeprefix("-")
    descending = path == "_score" or path != spec
    sort: Sort = [{path: {"order": "desc" if descending else "asc"}}]
    if key and path != key:
        sort.append({key: {"order": "desc"}})
    return sort


def read_paging(
    *,
    sorts: Mapping[str, str],
    key: str,
    sort_by: Any,
    page: Any,
    page_size: Any,
    after: Any,
    default_size: int,
    max_size: int,
    window: int,
) -> Paging:
    """Return the requested page.

    Args:
        sorts: name of an order -> field. For an unknown name, the first order is used.
        key: the field with the primary key; "" for none.
        max_size: the maximum ``page_size``. A greater number is reduced to it.
        window: how many hits are on pages with a number.

    Raises:
        SearchParameterInvalid: there is no such page.
    """
    name = sort_by if isinstance(sort_by, str) and sort_by in sorts else next(iter(sorts))
    sort = sort_of(sorts[name], key)
    size = read_whole("page_size", page_size) if is_given(page_size) else default_size
    size = min(size, max_size)
    number = read_whole("page", page) if is_given(page) else 1
    values = read_cursor("after", after, name, len(sort)) if is_given(after) else None
    if values is None and number * size > window:
        text = _("Pages of %(size)s end at page %(last)s; from there on, follow “next”.")
        raise SearchParameterInvalid(text % {"size": size, "last": window // size}, "page")
    return Paging(name, sort, number, size, values, window, bool(key))
