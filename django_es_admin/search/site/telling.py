"""Tell the listeners of ``searched`` what a visitor searched for."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..clicks import mark
from ..searched import Searched, tell
from .answer.results import SearchResults
from .declaration import SearchDeclaration
from .visitor.paging import Paging

Tell = Callable[[SearchResults, Sequence[str]], None]
"""Called with the answer of Elasticsearch, and the ids of the documents on the page."""


def telling(
    service: SearchDeclaration, query: str | None, paging: Paging, criteria: Mapping[str, Any]
) -> Tell:
    """Return a function that reports an answer, with the time that has passed since this call.

    Only the first page of a search is reported.
    """
    started = time.perf_counter()

    def tell_of(results: SearchResults, keys: Sequence[str]) -> None:
        # The rank of the hits after a cursor is unknown.
        if not query or paging.after is not None:
            return
        search = _searched(
            service,
            query,
            paging,
            criteria,
            hits=results["total"],
            seconds=time.perf_counter() - started,
            promoted=bool(results.get("promoted")),
        )
        if paging.page == 1:
            tell(search)
        mark(search, results["results"], keys, paging.start + 1)

    return tell_of


def telling_of_keys(
    service: SearchDeclaration, query: str | None, paging: Paging, criteria: Mapping[str, Any]
) -> Callable[[int], None]:
    """Return a function that reports a search for keys only, with the number of hits."""
    started = time.perf_counter()

    def tell_of(hits: int) -> None:
        if query:
            seconds = time.perf_counter() - started
            tell(_searched(service, query, paging, criteria, hits=hits, seconds=seconds))

    return tell_of


def _searched(
    service: SearchDeclaration,
    query: str,
    paging: Paging,
    criteria: Mapping[str, Any],
    *,
    hits: int,
    seconds: float,
    promoted: bool = False,
) -> Searched:
    django, default = service.document.django, next(iter(service.sorts), "")
    return Searched(
        django.using,
        django.index_name,
        type(service).__name__,
        query,
        hits,
        seconds * 1000,
        criteria,
        "" if paging.sort_by == default else paging.sort_by,
        promoted=promoted,
    )
