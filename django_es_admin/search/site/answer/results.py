"""The answer to a visitor's search, as plain data."""

from typing import Any, NotRequired, TypedDict


class SearchResults(TypedDict):
    """One page of a search.

    ``results`` are the documents as they were indexed, with ``score`` (None if they are not sorted
    by relevance, or if they are promoted) and, if something is marked, ``highlights``: field ->
    pieces of HTML, escaped except for ``<mark>``. A promoted result has ``promoted``, True;
    ``promoted`` of the page is their number. If clicks are counted, each result has a ``click``,
    the mark of its address. ``total_pages`` is the number of pages with a number; ``next`` requests
    the hits after these, without a limit.
    """

    results: list[dict[str, Any]]
    total: int
    page: int
    page_size: int
    total_pages: int
    next: NotRequired[str | None]
    promoted: NotRequired[int]
    facets: NotRequired[dict[str, Any]]
    error: NotRequired[str]
    warning: NotRequired[str]


class Suggestion(TypedDict):
    """A completion of the beginning of a word."""

    text: str
    score: float


class Correction(TypedDict):
    """Another spelling; ``highlighted`` is HTML with ``<em>`` around the words that differ."""

    text: str
    highlighted: str
    score: float
