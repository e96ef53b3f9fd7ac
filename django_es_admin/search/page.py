"""One page of a search that Elasticsearch filters, ranks and counts by itself."""

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
# The database counts so many rows as quickly as it is asked.
MANY = 10_000
_SORTED_PATH = ("hits.max_score", "hits.hits.sort")

logger = logging.getLogger(__name__)


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
        with_all: whether to count the documents that are no hits, too; where not all may be seen,
            many only.
        checked: hits whose keys are asked for beside those of the page, so that they can be checked
            if there are no more.
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
        """Places of the first hit to ask for, and of the one after the last."""
        if self.every:
            return 0, get_options().search_max_results
        # A hit on either side of the page tells whether it is cut where the database would cut it.
        beside = 1 if self.sort else 0
        begin = max(self.start - beside, 0)
        end = self.start + self.size + self.orphans + beside
        if self.start < self.checked:
            begin, end = 0, max(end, self.checked)
        return begin, max(min(end, get_options().search_max_results), begin)


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
        search: asks for the keys of all hits, without filters, if they are needed.
        every: the keys of all hits, filters applied; None if they were not asked for.
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
    exact: float = EXACT_SCORE,
) -> PageHits | SearchHits | None:
    """Return one page of hits; all of them, if they are asked for.

    None if some document there does not hold its key by column, or if the page might be another
    one in the database, as it sorts by more than the index holds.

    Args:
        search: what gives the keys of all hits, without filters, if they are needed.
        spelling: the words whose spelling to look after.
        deadline: until when there has to be an answer.
        exact: what a hit scores at least that has the words as they were typed.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not answer, or not completely, or refused.
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
            # The best of them are sorted and counted, as what the database would be given.
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
    """Return how many documents may be seen, hits or not; None if the database is to count them.

    Elasticsearch remembers that number as long as it shows no change. As a part of the search it
    would go through all documents each time.
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
    """Return the request that :func:`search_page` sends; nothing is sent here.

    Args:
        seconds: that it may take.
    """
    field = key_field(document)
    body = query.to_dict() if isinstance(query, dsl.Query) else query
    arguments: dict[str, Any] = spelling.arguments() if spelling else {}
    facets = _numbers(document, asked).aggregations() if asked.facets else {}
    aggregations = {**_days(asked), **facets}
    begin, end = asked.window
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
        size=end - begin,
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
