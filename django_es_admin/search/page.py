"""One page of a search that Elasticsearch filters, ranks and counts."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import Any

from elasticsearch import dsl

from ..backends.errors import translated, understood
from ..backends.searcher import searcher
from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..documents import Document
from ..exceptions import ElasticsearchAdminError
from .logged import reason_of
from .querysets.facet_counts import Numbers, all_of
from .querysets.identity import asked_for, identity_of, key_field
from .querysets.ordering import SortKey, is_certain
from .request import SearchRequest, made
from .search_ids import FILTER_PATH, Facts, SearchHits, key_reader
from .suggest import Spelling
from .text.query import EXACT_SCORE, AnyQuery
from .window import preferred_copy

_DAYS = "days"
# The database counts this number of rows in no time.
MANY = 10_000
_SORTED_PATH = ("hits.max_score", "hits.hits.sort")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PageAsked:
    """Which hits are requested.

    Args:
        filters: queries that have the same effect as the database's filters.
        start: how many hits come before the page.
        size: how many hits the page has.
        orphans: how many hits of the next page it may also show.
        sort: the order; () for the best first.
        every: whether to request the keys of all hits, because only the database can sort them.
        common: the queries of ``filters`` that no facet leaves out.
        facets: name of a number beside a filter -> the queries for the documents it counts.
        days_of: path of the date whose days are also requested; "" for none.
        time_zone: the time zone in which a day begins.
        with_all: whether to count all documents, hits or not. If not all may be seen, they are only
            counted if they are many.
        checked: how many keys are requested in addition, to check them if there are no more hits.
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
    checked: int = 0

    @property
    def window(self) -> tuple[int, int]:
        """The places of the first hit to request, and of the one after the last."""
        if self.every:
            return 0, get_options().search_max_results
        # One more hit on either side shows whether the database would cut the page at the same
        # places.
        beside = 1 if self.sort else 0
        begin = max(self.start - beside, 0)
        end = self.start + self.size + self.orphans + beside
        if self.start < self.checked:
            begin, end = 0, max(end, self.checked)
        return begin, max(min(end, get_options().search_max_results), begin)


@dataclass(frozen=True)
class PageHits:
    """The hits of one page, with facts about all hits.

    Args:
        keys: primary keys of the page, best first.
        total: the number of all hits, with filters.
        limit: how many hits can be paged through.
        took: how many milliseconds Elasticsearch needed.
        suggestion: another spelling of the words; "" if none is better.
        is_exact: whether the hits of the page contain the words exactly as typed.
        facts: facts about all hits.
        search: requests the keys of all hits, without filters, if they are needed.
        every: the keys of all hits, with filters; None if they were not requested.
    """

    keys: tuple[Any, ...]
    total: int
    limit: int
    took: int
    suggestion: str
    is_exact: bool
    facts: Facts
    search: Callable[[], SearchHits]
    every: tuple[Any, ...] | None = None

    @cached_property
    def ids(self) -> tuple[Any, ...]:
        """The keys of all hits, without filters; requested on first use."""
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
    exact: float = EXACT_SCORE,
) -> PageHits | SearchHits | None:
    """Return one page of hits, or all hits if they are requested.

    Return None if a document does not store its key in a column, or if the database might sort the
    page in another way, because the index does not have the full values.

    Args:
        search: requests the keys of all hits, without filters, if they are needed.
        spelling: the words whose spelling to check.
        deadline: the time limit of the answer.
        exact: the lowest score of a hit that contains the words exactly as typed.

    Raises:
        ElasticsearchAdminError: the request failed, or its answer is incomplete.
    """
    limit = get_options().search_max_results
    field = key_field(document)
    begin, _ = asked.window
    before = asked.start - begin
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
            # Only the best hits are sorted and counted, because the database would get only these.
            return None
        if asked.sort:
            values = [hit["sort"] for hit in hits]
            ends = [before, *(before + asked.size + more for more in range(asked.orphans + 1))]
            if not is_certain(asked.sort, values, ends):
                return None
        every = tuple(
            None if (key := identity_of(hit, field)) is None else read(key) for hit in hits
        )
        if None in every:
            return None
        if not asked.every:
            hits = hits[before : before + asked.size + asked.orphans]
        took = int(answer["took"])
        typed = sum((hit.get("_score") or 0) >= exact for hit in hits)
        days = _read_days(answer) if asked.days_of else None
    suggestion = ""
    if spelling:
        searched = request.body["query"]
        suggestion = spelling.find(document, searched, answer, exact=exact, deadline=deadline)
    count_all = partial(_count_all, document, asked, deadline) if asked.with_all else None
    facts = Facts(count_all, days, facets)
    if asked.every:
        return SearchHits(every, total, 0, took, suggestion, typed, facts)
    return PageHits(
        keys=every[before : before + asked.size + asked.orphans],
        total=total,
        limit=limit,
        took=took,
        suggestion=suggestion,
        is_exact=typed == len(hits),
        facts=facts,
        search=search,
        every=every if not begin and len(every) == total else None,
    )


def _count_all(document: type[Document], asked: PageAsked, deadline: Deadline) -> int | None:
    """Return how many documents may be seen, hits or not; None if the database has to count them.

    Elasticsearch caches that number until the next refresh. As a part of the search, it would have
    to be counted each time.
    """
    connection = document.django.connection
    try:
        with translated(connection):
            answer = searcher(connection.client, deadline.remaining).count(
                index=document.django.alias, query=all_of(asked.common) if asked.common else None
            )
        with understood(connection):
            count = int(answer.body["count"])
            whole = not answer.body["_shards"]["failed"]
    except ElasticsearchAdminError as error:
        logger.warning("The database counts all rows of a page: %s", reason_of(error))
        return None
    return count if whole and (count > MANY or not asked.common) else None


def request_page(
    document: type[Document],
    query: AnyQuery,
    asked: PageAsked,
    spelling: Spelling | None = None,
    *,
    seconds: float,
) -> SearchRequest:
    """Return the request that :func:`search_page` sends. Nothing is sent here.

    Args:
        seconds: how long the request may take.
    """
    field = key_field(document)
    body = query.to_dict() if isinstance(query, dsl.Query) else query
    arguments: dict[str, Any] = spelling.arguments() if spelling else {}
    facets = _numbers(document, asked).aggregations() if asked.facets else {}
    aggregations = {**_days(asked), **facets}
    begin, end = asked.window
    # Among equals the newest comes first, as in the admin.
    best: list[Mapping[str, Any]] = [{"_score": "desc"}, {field: "desc"}]
    if asked.facets:
        # A facet also counts documents that its own filter leaves out.
        arguments["post_filter"] = all_of(asked.filters)
    parts = made(
        query={
            "bool": {
                "must": body,
                "filter": list(asked.common if asked.facets else asked.filters),
            }
        },
        size=end - begin,
        sort=None if asked.every else [key.clause() for key in asked.sort] or best,
        # The scores show whether a hit contains the words exactly as typed.
        track_scores=bool(asked.sort) or None,
        track_total_hits=True,
        timeout=f"{max(int(seconds * 1000), 1)}ms",
        aggregations=aggregations or None,
        **asked_for(field),
        **arguments,
    )
    params = made(
        # An incomplete answer would look like a complete one.
        allow_partial_search_results=False,
        preference=preferred_copy(body),
        filter_path=[*FILTER_PATH, *_SORTED_PATH] if asked.every or asked.checked else None,
    )
    return SearchRequest(document.django.alias, {**parts, "from": begin}, params)


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
