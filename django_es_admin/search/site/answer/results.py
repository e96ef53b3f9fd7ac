"""The answer to a visitor's search, as plain data."""

from typing import Any, NotRequired, TypedDict


class SearchResults(TypedDict):
    """One page of a search.

    ``results`` are the documents as they were indexed, with ``score`` (None unless sorted by
    relevance, or promoted) and, where something is marked, ``highlights``: field -> pieces of HTML,
    escaped but for their ``<mark>``. What is promoted for the words has ``promoted``, True; on the
    page as a whole it is the number of these. Where clicks are counted, each has a ``click``, the
    mark of its address. ``total_pages`` are those that can be asked for by
    their number; ``next`` asks for the hits after these, however far down.
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
    """Another spelling; ``highlighted`` is HTML with ``<em>`` around what differs."""

    text: str
    highlighted: str
    score: float
