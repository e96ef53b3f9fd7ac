"""Ask Elasticsearch for primary keys."""

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from elasticsearch import dsl

from ..backends.errors import translated, understood
from ..conf import get_options
from ..documents import Document
from ..exceptions import ServerRefused

# What Elasticsearch gives at most from an index that does not say otherwise
# (reference, "index.max_result_window").
DEFAULT_WINDOW = 10_000
# What a 64-bit column holds: SQLite refuses a comparison with more.
MAX_INTEGER = 2**63 - 1


Query = Mapping[str, Any] | dsl.Query


@dataclass(frozen=True)
class SearchHits:
    """The answer to a search.

    Args:
        ids: primary keys, best first, of the type that the model's key has in Python.
        total: all hits, exactly; those beyond the limit included.
        foreign: hits left out, because their ``_id`` is no primary key of the model.
        took: milliseconds that Elasticsearch needed.
    """

    ids: tuple[Any, ...]
    total: int
    foreign: int = 0
    took: int = 0

    @property
    def limited(self) -> bool:
        """Whether there are more hits than were returned."""
        return self.total > len(self.ids) + self.foreign


def search_ids(
    document: type[Document],
    query: Query,
    *,
    limit: int | None = None,
    timeout: float | None = None,
) -> SearchHits:
    """Return the primary keys of the objects whose documents match, best first.

    Args:
        query: in Elasticsearch's query language, as a dict or an object of ``elasticsearch.dsl``.
        limit: keys to return at most; ``search_max_results`` if omitted.
        timeout: seconds; ``search_timeout`` if omitted.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not answer, or not completely, or refused.
    """
    options = get_options()
    size = options.search_max_results if limit is None else limit
    seconds = options.search_timeout if timeout is None else timeout
    body = query.to_dict() if isinstance(query, dsl.Query) else query
    try:
        answer = _search(document, body, size, seconds)
    except ServerRefused:
        if size <= DEFAULT_WINDOW:
            raise
        # An index that was made elsewhere, or before the limit was raised, has a smaller window.
        answer = _search(document, body, DEFAULT_WINDOW, seconds)
    return _read(document, answer)


def _search(
    document: type[Document], query: Mapping[str, Any], size: int, seconds: float
) -> Mapping[str, Any]:
    connection = document.django.connection
    with translated(connection):
        answer = connection.client.options(request_timeout=seconds).search(
            index=document.django.alias,
            query=query,
            size=size,
            source=False,
            track_total_hits=True,
            timeout=f"{max(int(seconds * 1000), 1)}ms",
            # Half an answer would look like a whole one.
            allow_partial_search_results=False,
            # Copies of a shard score a little differently: the same search asks the same copy, or
            # the pages of one answer would not fit together.
            preference=f"search-{zlib.crc32(json.dumps(query, default=str).encode()):08x}",
            filter_path=["took", "hits.total.value", "hits.hits._id", "hits.hits._score"],
        )
    body: Mapping[str, Any] = answer.body
    return body


def _read(document: type[Document], answer: Mapping[str, Any]) -> SearchHits:
    with understood(document.django.connection):
        found = answer["hits"]
        scored = [(float(hit.get("_score") or 0), str(hit["_id"])) for hit in found.get("hits", ())]
        total, took = int(found["total"]["value"]), int(answer["took"])
    read = key_reader(document.django.model)
    keys = [(score, key) for score, identity in scored if (key := read(identity)) is not None]
    # The newest of equals first, as the admin sorts; Elasticsearch's order of equals is not stable.
    keys.sort(key=itemgetter(1), reverse=True)
    keys.sort(key=itemgetter(0), reverse=True)
    ids = tuple(key for _, key in keys)
    return SearchHits(ids, total, foreign=len(scored) - len(ids), took=took)


def key_reader(model: type[models.Model]) -> Callable[[str], Any]:
    """Return what makes a primary key of ``model`` from a document's ``_id``, or None of others."""
    to_python = model._meta.pk.to_python

    def read(identity: str) -> Any:
        try:
            key = to_python(identity)
        except ValidationError:
            return None
        if isinstance(key, int) and not -MAX_INTEGER <= key <= MAX_INTEGER:
            return None
        return key

    return read
