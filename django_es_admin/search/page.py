"""One page of a search that Elasticsearch filters, ranks and counts by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from elasticsearch import dsl

from ..backends.deadline import Deadline
from ..backends.errors import translated, understood
from ..backends.searcher import searcher
from ..conf import get_options
from ..documents import Document
from .identity import asked_for, identity_of, key_field
from .query import EXACT_SCORE, AnyQuery
from .service import SearchHits, key_reader
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
        days_of: path of the date whose days are asked for, too; "" for none.
        time_zone: in which a day begins.
        with_all: whether to count the documents that are no hits, too.
    """

    filters: tuple[Mapping[str, Any], ...]
    start: int
    size: int
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
        of_all: all documents, hits or not; None if that was not asked for.
        days: each day that a hit has, in order; None if they were not asked for.
        search: asks for the keys of all hits, without filters, should somebody want them.
    """

    keys: tuple[Any, ...]
    total: int
    limit: int
    took: int
    suggestion: str
    is_exact: bool
    of_all: int | None
    days: tuple[date, ...] | None
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
) -> PageHits | None:
    """Return one page of hits; None if some document there does not hold its key by column.

    Args:
        search: what gives the keys of all hits, without filters, should somebody want them.
        spelling: the words whose spelling to look after.
        deadline: until when there has to be an answer.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not answer, or not completely, or refused.
    """
    limit = get_options().search_max_results
    field = key_field(document)
    body = query.to_dict() if isinstance(query, dsl.Query) else query
    arguments = spelling.arguments() if spelling else {}
    aggregations = {**arguments.pop("aggregations", {}), **_days(asked)}
    if asked.with_all:
        aggregations[_ALL] = {"global": {}}
    connection = document.django.connection
    with translated(connection):
        answer = searcher(connection.client, deadline.remaining).search(
            index=document.django.alias,
            query={"bool": {"must": body, "filter": list(asked.filters)}},
            from_=asked.start,
            size=max(min(asked.size, limit - asked.start), 0),
            # The newest of equals first, as the admin sorts.
            sort=[{"_score": "desc"}, {field: "desc"}],
            track_total_hits=True,
            timeout=f"{max(int(deadline.remaining * 1000), 1)}ms",
            # Half an answer would look like a whole one.
            allow_partial_search_results=False,
            preference=preferred_copy(body),
            aggregations=aggregations or None,
            **asked_for(field),
            **arguments,
        )
    read = key_reader(document.django.model)
    with understood(connection):
        found = answer.body["hits"]
        keys = [identity_of(hit, field) for hit in found["hits"]]
        if any(key is None or read(key) is None for key in keys):
            return None
        return PageHits(
            keys=tuple(map(read, keys)),
            total=int(found["total"]["value"]),
            limit=limit,
            took=int(answer.body["took"]),
            suggestion=spelling.read(answer.body) if spelling else "",
            is_exact=all((hit.get("_score") or 0) >= EXACT_SCORE for hit in found["hits"]),
            of_all=answer.body["aggregations"][_ALL]["doc_count"] if asked.with_all else None,
            days=_read_days(answer.body) if asked.days_of else None,
            search=search,
        )


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
    return {_DAYS: {"date_histogram": histogram}}


def _read_days(answer: Mapping[str, Any]) -> tuple[date, ...]:
    buckets = answer["aggregations"][_DAYS]["buckets"]
    return tuple(date.fromisoformat(bucket["key_as_string"]) for bucket in buckets)
