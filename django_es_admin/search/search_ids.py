"""Ask Elasticsearch for primary keys."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from elasticsearch import dsl

from ..backends.errors import translated, understood
from ..backends.searcher import searcher
from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..documents import Document
from ..exceptions import ServerRefused
from .querysets.identity import asked_for, identity_of, key_field
from .request import SearchRequest, made
from .suggest import Spelling
from .text.query import EXACT_SCORE, AnyQuery
from .window import preferred_copy, read_pages, read_window

# What a 64-bit column holds: SQLite refuses a comparison with more.
MAX_INTEGER = 2**63 - 1
FILTER_PATH = (
    "took hits.total.value hits.hits._id hits.hits._score hits.hits.fields aggregations suggest"
).split()


@dataclass(frozen=True)
class Facts:
    """Facts about all hits of a change list.

    Args:
        count_all: asks for the number of all documents, hits or not; None, or what returns None, if
            the database is to count them.
        days: each day that a hit has, in order; None if they were not asked for.
        facets: name of a number beside a filter -> how many it counts.
    """

    count_all: Callable[[], int | None] | None
    days: tuple[date, ...] | None
    facets: Mapping[str, int]


@dataclass(frozen=True)
class SearchHits:
    """The answer to a search.

    Args:
        ids: primary keys, best first, of the type that the model's key has in Python.
        total: all hits, exactly; those beyond the limit included.
        foreign: hits left out, because their ``_id`` is no primary key of the model.
        took: milliseconds that Elasticsearch needed.
        suggestion: the words as they may have been meant; "" if none are better.
        exact: how many of the hits, the first ones, have the words as they were typed.
        facts: what is known of them, if they are all that the database's filters let through.
    """

    ids: tuple[Any, ...]
    total: int
    foreign: int = 0
    took: int = 0
    suggestion: str = ""
    exact: int = 0
    facts: "Facts | None" = None

    @property
    def listed(self) -> int:
        """How many hits were returned."""
        return len(self.ids) + self.foreign

    @property
    def limited(self) -> bool:
        """Whether there are more hits than were returned."""
        return self.total > self.listed


def search_ids(
    document: type[Document],
    query: AnyQuery,
    *,
    filters: Sequence[Mapping[str, Any]] = (),
    limit: int | None = None,
    deadline: Deadline | None = None,
    spelling: Spelling | None = None,
    exact: float = EXACT_SCORE,
) -> SearchHits:
    """Return the primary keys of the objects whose documents match, best first.

    Args:
        query: in Elasticsearch's query language, as a dict or an object of ``elasticsearch.dsl``.
        filters: queries that have to match, too, and do not rank.
        limit: keys to return at most; ``search_max_results`` if omitted.
        deadline: until when there has to be an answer; ``search_timeout`` from now if omitted.
        spelling: the words whose spelling to look after.
        exact: what a hit scores at least that has the words as they were typed.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not answer, or not completely, or refused.
    """
    deadline = deadline or Deadline(get_options().search_timeout)
    body = query.to_dict() if isinstance(query, dsl.Query) else query
    if filters:
        body = {"bool": {"must": body, "filter": list(filters)}}
    asked = replace(_asked(document, body, limit, deadline, spelling), exact=exact)
    hits = asked.read(asked.answers())
    if hits is None:
        # The live index is older than the field, or has documents that others wrote.
        asked = replace(asked, field="")
        hits = asked.read(asked.answers())
    assert hits is not None  # noqa: S101 (every hit has an `_id`)
    return hits


def request_ids(
    document: type[Document],
    query: AnyQuery,
    *,
    limit: int | None = None,
    spelling: Spelling | None = None,
) -> SearchRequest:
    """Return the request that :func:`search_ids` sends first; nothing is sent here."""
    seconds = get_options().search_timeout
    body = query.to_dict() if isinstance(query, dsl.Query) else query
    return _asked(document, body, limit, Deadline(seconds), spelling).request(seconds)


def _asked(
    document: type[Document],
    query: Mapping[str, Any],
    limit: int | None,
    deadline: Deadline,
    spelling: Spelling | None,
) -> "_Asked":
    size = get_options().search_max_results if limit is None else limit
    field = key_field(document)
    return _Asked(document, query, size, deadline, field, spelling or None, limit is not None)


@dataclass(frozen=True)
class _Asked:
    """A search.

    Args:
        field: that of :func:`~django_es_admin.search.querysets.identity.key_field`.
        cut: whether fewer are asked for than anybody may want.
    """

    document: type[Document]
    query: Mapping[str, Any]
    size: int
    deadline: Deadline
    field: str
    spelling: Spelling | None
    cut: bool
    exact: float = EXACT_SCORE

    def answers(self) -> Sequence[Mapping[str, Any]]:
        """Return one answer, or those of several pages."""
        try:
            return [self._search()]
        except ServerRefused:
            if self.spelling:
                # The live index may lack a field that the words are looked up in.
                return replace(self, spelling=None).answers()
            window = read_window(self.document, self.deadline)
            if self.size <= window:
                raise
        # An index that others created, or that is older than the limit, has a smaller window.
        return read_pages(
            self.document,
            self.query,
            self.size,
            field=self.field,
            page=window,
            deadline=self.deadline,
        )

    def _search(self) -> Mapping[str, Any]:
        connection = self.document.django.connection
        seconds = self.deadline.remaining
        with translated(connection):
            return self.request(seconds).send(searcher(connection.client, seconds))

    def request(self, seconds: float) -> SearchRequest:
        """Return the request, which may take this many seconds."""
        body = made(
            query=self.query,
            size=self.size,
            # The same of equally good hits, however many are asked for.
            sort=[{"_score": "desc"}, {self.field: "desc"}] if self.cut and self.field else None,
            track_total_hits=True,
            timeout=f"{max(int(seconds * 1000), 1)}ms",
            **asked_for(self.field),
            **(self.spelling.arguments() if self.spelling else {}),
        )
        params = {
            # Half an answer would look like a whole one.
            "allow_partial_search_results": False,
            "preference": preferred_copy(self.query),
            "filter_path": FILTER_PATH,
        }
        return SearchRequest(self.document.django.alias, body, params)

    def read(self, answers: Sequence[Mapping[str, Any]]) -> SearchHits | None:
        """Return what the answers say; None if some hits do not have the ``field``."""
        with understood(self.document.django.connection):
            scored = [
                (float(hit.get("_score") or 0), identity_of(hit, self.field))
                for answer in answers
                for hit in answer["hits"].get("hits", ())
            ]
            total = int(answers[0]["hits"]["total"]["value"])
            took = sum(int(answer["took"]) for answer in answers)
        if any(identity is None for _, identity in scored):
            return None
        read = key_reader(self.document.django.model)
        keys = [(score, key) for score, identity in scored if (key := read(identity)) is not None]
        # The newest of equals first, as the admin sorts; Elasticsearch's order of equals is not
        # stable.
        keys.sort(key=itemgetter(1), reverse=True)
        keys.sort(key=itemgetter(0), reverse=True)
        ids = tuple(key for _, key in keys)
        typed = sum(score >= self.exact for score, _ in keys)
        meant = ""
        if self.spelling:
            meant = self.spelling.find(
                self.document, self.query, answers[0], exact=self.exact, deadline=self.deadline
            )
        return SearchHits(ids, total, len(scored) - len(ids), took, meant, typed)


def key_reader(model: type[models.Model]) -> Callable[[Any], Any]:
    """Return what makes a primary key of ``model`` from a document's ``_id``, or None of others."""
    to_python = model._meta.pk.to_python

    def read(identity: Any) -> Any:
        try:
            key = to_python(identity)
        except ValidationError:
            return None
        if isinstance(key, int) and not -MAX_INTEGER <= key <= MAX_INTEGER:
            return None
        return key

    return read


def rows_of(document: type[Document], keys: Iterable[str]) -> models.Q:
    """Return which rows the keys of documents are of; what can be no key is left out."""
    if document.django.places.own:
        return document.django.places.condition(list(keys))
    read = key_reader(document.django.model)
    return models.Q(pk__in=[key for each in keys if (key := read(each)) is not None])
