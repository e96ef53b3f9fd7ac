"""Tell those who count searches what a visitor searched for."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..searched import Searched, tell
from .declaration import SearchDeclaration
from .paging import Paging
from .results import SearchResults


@contextmanager
def telling(
    service: SearchDeclaration, query: str | None, paging: Paging, criteria: Mapping[str, Any]
) -> Iterator[Callable[[SearchResults], SearchResults]]:
    """Give what tells of an answer, with the time since the beginning, and returns it.

    Only of the first page for some words, which Elasticsearch has answered.
    """
    started = time.perf_counter()

    def tell_of(results: SearchResults) -> SearchResults:
        first = paging.page == 1 and paging.after is None
        if query and first and not results.keys() & {"error", "warning"}:
            django, default = service.document.django, next(iter(service.sorts), "")
            tell(
                Searched(
                    django.using,
                    django.index_name,
                    type(service).__name__,
                    query,
                    results["total"],
                    (time.perf_counter() - started) * 1000,
                    criteria,
                    "" if paging.sort_by == default else paging.sort_by,
                    promoted=bool(results.get("promoted")),
                )
            )
        return results

    yield tell_of
