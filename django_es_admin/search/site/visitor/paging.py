"""Which hits are asked for, and in which order."""

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
        sort_by: name of the order.
        sort: the order in Elasticsearch's terms.
        page: its number, counted from 1.
        page_size: hits of a page.
        after: what the hit before the page is sorted by; None where the page has a number.
        window: hits that have a page with a number.
        has_cursor: whether the order is one that a cursor can go on in.
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
        """Hits before the page."""
        return (self.page - 1) * self.page_size

    def apply(self, search: "dsl.Search[Any]") -> "dsl.Search[Any]":
        """Return the search for this page alone."""
        extra: dict[str, Any] = {"size": self.page_size, "track_total_hits": True}
        if self.after is None:
            extra["from"] = self.start
        else:
            extra["search_after"] = self.after
        return search.sort(*self.sort).extra(**extra)

    def total_pages(self, total: int) -> int:
        """Return how many pages have a number."""
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
        spec: a field, ``"-"`` before it for descending, or ``"_score"`` for the best first.
        key: the field with the primary key, by which equals are ordered; "" for none.
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
    """Return the page that is asked for.

    Args:
        sorts: name of an order -> field; the first one is taken for a name that is none of them.
        key: the field with the primary key; "" for none.
        max_size: what a larger ``page_size`` is cut to.
        window: hits that have a page with a number.

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
