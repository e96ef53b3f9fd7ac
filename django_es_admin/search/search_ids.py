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

# The limits of a 64-bit column. SQLite refuses a comparison with greater numbers.
MAX_INTEGER = 2**63 - 1
FILTER_PATH = (
    "took hits.total.value hits.hits._id hits.hits._score hits.hits.fields aggregations suggest"
).split()


@dataclass(frozen=True)
class Facts:
    """Facts about all hits of a change list.

    Args:
        count_all: requests the number of all documents, hits or not. None, or a function that
            returns None, if the database has to count them.
        days: the days of the hits, in order; None if they were not requested.
        facets: name of a number beside a filter -> the number.
    """

    count_all: Callable[[], int | None] | None
    days: tuple[date, ...] | None
    facets: Mapping[str, int]


@dataclass(frozen=True)
class SearchHits:
    """The answer to a search.

    Args:
        ids: primary keys, best first, of the type that the model's key has in Python.
        total: the exact number of all hits, including those beyond the limit.
        foreign: how many hits were left out because their ``_id`` is not a primary key of the
            model.
        took: how many milliseconds Elasticsearch needed.
        suggestion: another spelling of the words; "" if none is better.
        exact: how many of the first hits contain the words exactly as typed.
        facts: facts about the hits, if the filters of the database were applied.
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
        query: a query of Elasticsearch, as a dict or an object of ``elasticsearch.dsl``.
        filters: queries that must match, too, but do not affect the rank.
        limit: the maximum number of keys; ``search_max_results`` if omitted.
        deadline: the time limit of the answer; ``search_timeout`` from now if omitted.
        spelling: the words whose spelling to check.
        exact: the lowest score of a hit that contains the words exactly as typed.

    Raises:
        ElasticsearchAdminError: the request failed, or its answer is incomplete.
    """
    deadline = deadline or Deadline(get_options().search_timeout)
    body = query.to_dict() if isinstance(query, dsl.Query) else query
    if filters:
        body = {"bool": {"must": body, "filter": list(filters)}}
    asked = replace(_asked(document, body, limit, deadline, spelling), exact=exact)
    hits = asked.read(asked.answers())
    if hits is None:
        # The live index is older than the field, or has documents that another program wrote.
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
    """Return the request that :func:`search_ids` sends first. Nothing is sent here."""
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
    """A search for keys.

    Args:
        field: the result of :func:`~django_es_admin.search.querysets.identity.key_field`.
        cut: whether fewer keys are requested than may be needed.
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
        """Return the answer, or the answers of several pages."""
        try:
            return [self._search()]
        except ServerRefused:
            if self.spelling:
                # The live index may lack a field that is searched.
                return replace(self, spelling=None).answers()
            window = read_window(self.document, self.deadline)
            if self.size <= window:
                raise
        # An index that was created elsewhere, or before the limit was raised, has a smaller window.
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
        """Return the request, with a time limit in seconds."""
        body = made(
            query=self.query,
            size=self.size,
            # So that the same equally good hits come first, however many are requested.
            sort=[{"_score": "desc"}, {self.field: "desc"}] if self.cut and self.field else None,
            track_total_hits=True,
            timeout=f"{max(int(seconds * 1000), 1)}ms",
            **asked_for(self.field),
            **(self.spelling.arguments() if self.spelling else {}),
        )
        params = {
            # An incomplete answer would look like a complete one.
            "allow_partial_search_results": False,
            "preference": preferred_copy(self.query),
            "filter_path": FILTER_PATH,
        }
        return SearchRequest(self.document.django.alias, body, params)

    def read(self, answers: Sequence[Mapping[str, Any]]) -> SearchHits | None:
        """Return the hits of the answers; None if some hits do not have the ``field``."""
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
        # Among equals the newest comes first, as in the admin. Elasticsearch's own order of equals
        # is not stable.
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
    """Return a function from a document's ``_id`` to a primary key of ``model``, or None."""
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
    """Return the primary keys of the rows for keys of documents, without invalid keys."""
    if document.django.places.own:
        return document.django.places.condition(list(keys))
    read = key_reader(document.django.model)
    return models.Q(pk__in=[key for each in keys if (key := read(each)) is not None])
