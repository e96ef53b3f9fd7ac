"""Documents of an index to look at: one page of a query's hits, or a single document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...backends.abstracts import Base
from ...backends.errors import translated, understood
from ...backends.transport.deadline import Deadline
from ...documents.described.places import Place
from ..source.stored import read_stored


@dataclass(frozen=True)
class Sample:
    """One document.

    Args:
        key: its ``_id``.
        source: its ``_source``.
        score: how well it matches the query; None without a query.
        version: its version, which in our generations is the tick of the write.
    """

    key: str
    source: Mapping[str, Any]
    score: float | None = None
    version: int | None = None


@dataclass(frozen=True)
class SamplePage:
    """Some of the documents that match a query.

    Args:
        total: the number of all matches.
    """

    samples: tuple[Sample, ...]
    total: int


def read_samples(
    connection: Base, index: str, deadline: Deadline, *, query: str = "", start: int = 0, size: int
) -> SamplePage:
    """Return up to ``size`` documents of ``index``.

    Args:
        query: a query in the syntax of Elasticsearch's ``query_string``; "" for every document.
        start: how many documents to skip.

    Raises:
        ServerRefused: the query is invalid, or ``start`` is beyond the index's window.
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    asked = {"query_string": {"query": query, "lenient": True}} if query else {"match_all": {}}
    with translated(connection):
        client = connection.client.options(request_timeout=deadline.remaining)
        answer = client.search(
            index=index, query=asked, from_=start, size=size, track_total_hits=True, version=True
        )
    with understood(connection):
        hits = answer["hits"]
        samples = tuple(_sample(hit, scored=bool(query)) for hit in hits["hits"])
        return SamplePage(samples, int(hits["total"]["value"]))


def _sample(hit: Mapping[str, Any], *, scored: bool) -> Sample:
    return Sample(
        str(Place(str(hit["_id"]), hit.get("_routing"))),
        _source(hit),
        float(hit["_score"]) if scored else None,
        int(hit["_version"]),
    )


def _source(hit: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the source of a document; empty if ``_source`` is not stored."""
    source = hit.get("_source") or {}
    if not isinstance(source, Mapping):
        raise TypeError(f"{type(source).__name__} in place of an object")
    return source


def read_document(
    connection: Base, index: str, deadline: Deadline, key: str, *, vectors: bool = False
) -> Sample | None:
    """Return one document, even if it is not yet searchable; None if it does not exist.

    Args:
        vectors: whether to request vectors that ``_source`` leaves out.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    # As a multi-get request, for which a missing document is not an error.
    docs = read_stored(connection, index, [key], timeout=deadline.remaining, vectors=vectors)
    with understood(connection):
        [found] = docs
        if not found.get("found"):
            return None
        return Sample(key, _source(found), version=int(found["_version"]))
