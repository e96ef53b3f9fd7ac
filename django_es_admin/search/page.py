"""One page of a search that Elasticsearch filters, ranks and counts by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from elasticsearch import dsl

from ..backends.errors import translated, understood
from ..backends.searcher import searcher
from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..documents import Document
from .counted import Numbers, all_of
from .identity import asked_for, identity_of, key_field
from .ordering import SortKey, is_certain
from .query import EXACT_SCORE, AnyQuery
from .request import SearchRequest, made
from .service import FILTER_PATH, Facts, SearchHits, key_reader
from .suggest import Spelling
from .window import preferred_copy

_ALL = "all"
_DAYS = "days"


@dataclass(frozen=True)
class PageAsked:
    """Which hits are asked for.

    Args:
        filters: queries that match what the database's filters let through.
        start: hits before the page.
        size: hits of the page.
        orphans: hits of the page after it that it may have, too.
        sort: what to sort by; () for the best first.
        every: whether to ask for the keys of all hits, as only the database can sort them.
        common: those queries of ``filters`` that no facet leaves out.
        facets: name of a number -> the queries that match what it counts.
        days_of: path of the date whose days are asked for, too; "" for none.
        time_zone: in which a day begins.
        with_all: whether to count the documents that are no hits, too.
    """

    filters: tuple[Mapping[str, Any], ...]
    start: int
    size: int
    orphans: int = 0
    sort: tuple[SortKey, ...] = ()
    every: bool = False
    common: tuple[Mapping[str, Any], ...] = ()
    facets: tuple[tuple[str, tuple[Mapping[str, Any], ...]], ...] = ()
    days_of: str = ""
    time_zone: str = "UTC"
    with_all: bool = False


@dataclass(frozen=True)
class PageHits:
    """The hits of one page, with facts about all of them.

    Args:
        keys: primary keys of the page, best first.
        total: all hits, filters applied.
        limit: hits that can be paged through.
        took: milliseconds that Elasticsearch needed.
        suggestion: the words as they may have been meant; "" if none are better.
        is_exact: whether those of the page have the words as they were typed.
        facts: what is known of all hits.
        search: asks for the keys of all hits, without filters, should somebody want them.
    """

    keys: tuple[Any, ...]
    total: int
    limit: int
    took: int
    suggestion: str
    is_exact: bool
    facts: Facts
    search: Callable[[], SearchHits]

    @cached_property
    def ids(self) -> tuple[Any, ...]:
        """The keys of all hits, without filters; a request of its own, at the first time."""
        return self.search().ids

    @property
    def listed(self) -> int:
        """How many hits can be paged through."""
        return min(self.total, self.limit)

    @property
    def limited(self) -> bool:
        """Whether there are more hits than can be paged through."""
        return self.total > self.limit


def search_page(
    document: type[Document],
    query: AnyQuery,
    asked: PageAsked,
    search: Callable[[], SearchHits],
    spelling: Spelling | None = None,
    *,
    deadline: Deadline,
) -> PageHits | SearchHits | None:
    """Return one page of hits; all of them, if they are asked for.

    None if some document there does not hold its key by column, or if the page might be another
    one in the database, as it sorts by more than the index holds.

    Args:
        search: what gives the keys of all hits, without filters, should somebody want them.
        spelling: the words whose spelling to look after.
        deadline: until when there has to be an answer.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not answer, or not completely, or refused.
    """
    limit = get_options().search_max_results
    field = key_field(document)
    before = _before(asked)
    connection = document.django.connection
    with translated(connection):
        seconds = deadline.remaining
        request = request_page(document, query, asked, spelling, seconds=seconds)
        answer = request.send(searcher(connection.client, seconds))
    read = key_reader(document.django.model)
    with understood(connection):
        found = answer["hits"]
        total = int(found["total"]["value"])
        hits = found.get("hits", [])
        facets = _numbers(document, asked).read(answer) if asked.facets else {}
        if (asked.sort or asked.every or facets) and max(total, *facets.values(), 0) > limit:
            # The best of them are sorted and counted, as what the database would be given.
            return None
        if asked.sort:
            values = [hit["sort"] for hit in hits]
            ends = [before, *(before + asked.size + more for more in range(asked.orphans + 1))]
            if not is_certain(asked.sort, values, ends):
                return None
            hits = hits[before : before + asked.size + asked.orphans]
        keys = tuple(
            None if (key := identity_of(hit, field)) is None else read(key) for hit in hits
        )
        if None in keys:
            return None
        took = int(answer["took"])
        suggestion = spelling.read(answer) if spelling else ""
        exact = sum((hit.get("_score") or 0) >= EXACT_SCORE for hit in hits)
        facts = Facts(
            of_all=answer["aggregations"][_ALL]["doc_count"] if asked.with_all else None,
            days=_read_days(answer) if asked.days_of else None,
            facets=facets,
        )
        if asked.every:
            return SearchHits(keys, total, 0, took, suggestion, exact, facts)
        is_exact = exact == len(hits)
        return PageHits(keys, total, limit, took, suggestion, is_exact, facts, search)


def _before(asked: PageAsked) -> int:
    """Return how many hits before the page are asked for, too.

    A hit on either side of the page tells whether it is cut where the database would cut it.
    """
    return 1 if asked.sort and asked.start else 0


def request_page(
    document: type[Document],
    query: AnyQuery,
    asked: PageAsked,
    spelling: Spelling | None = None,
    *,
    seconds: float,
) -> SearchRequest:
    """Return the request that :func:`search_page` sends; nothing is sent here.

    Args:
        seconds: that it may take.
    """
    limit = get_options().search_max_results
    field = key_field(document)
    body = query.to_dict() if isinstance(query, dsl.Query) else query
    arguments = spelling.arguments() if spelling else {}
    facets = _numbers(document, asked).aggregations() if asked.facets else {}
    aggregations = {**arguments.pop("aggregations", {}), **_days(asked), **facets}
    if asked.with_all:
        aggregations[_ALL] = {"global": {}}
    before = _before(asked)
    room = asked.size + asked.orphans + before + (1 if asked.sort else 0)
    start = 0 if asked.every else asked.start - before
    # The newest of equals first, as the admin sorts.
    best: list[Mapping[str, Any]] = [{"_score": "desc"}, {field: "desc"}]
    if asked.facets:
        # A facet counts what its own filter leaves out, too.
        arguments["post_filter"] = all_of(asked.filters)
    parts = made(
        query={
            "bool": {
                "must": body,
                "filter": list(asked.common if asked.facets else asked.filters),
            }
        },
        size=limit if asked.every else max(min(room, limit - start), 0),
        sort=None if asked.every else [key.clause() for key in asked.sort] or best,
        # They tell whether the words are there as they were typed.
        track_scores=bool(asked.sort) or None,
        track_total_hits=True,
        timeout=f"{max(int(seconds * 1000), 1)}ms",
        aggregations=aggregations or None,
        **asked_for(field),
        **arguments,
    )
    params = made(
        # Half an answer would look like a whole one.
        allow_partial_search_results=False,
        preference=preferred_copy(body),
        filter_path=FILTER_PATH if asked.every else None,
    )
    return SearchRequest(document.django.alias, {**parts, "from": start}, params)


def _days(asked: PageAsked) -> dict[str, Any]:
    if not asked.days_of:
        return {}
    histogram = {
        "field": asked.days_of,
        "calendar_interval": "day",
        "time_zone": asked.time_zone,
        "min_doc_count": 1,
        "format": "yyyy-MM-dd",
    }
    days = {"date_histogram": histogram}
    if asked.facets:
        return {_DAYS: {"filter": all_of(asked.filters), "aggregations": {_DAYS: days}}}
    return {_DAYS: days}


def _numbers(document: type[Document], asked: PageAsked) -> Numbers:
    return Numbers(document, asked.facets)


def _read_days(answer: Mapping[str, Any]) -> tuple[date, ...]:
    found = answer["aggregations"][_DAYS]
    buckets = found.get(_DAYS, found)["buckets"]
    return tuple(date.fromisoformat(bucket["key_as_string"]) for bucket in buckets)
