"""Documents of an index, to look at: one page of what a query finds, or a single one."""

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
        score: how well it fits the query; None where nothing was asked.
        version: its version, which for ours is the tick of the write.
    """

    key: str
    source: Mapping[str, Any]
    score: float | None = None
    version: int | None = None


@dataclass(frozen=True)
class SamplePage:
    """Some of the documents that a query finds.

    Args:
        total: how many it finds.
    """

    samples: tuple[Sample, ...]
    total: int


def read_samples(
    connection: Base, index: str, deadline: Deadline, *, query: str = "", start: int = 0, size: int
) -> SamplePage:
    """Return up to ``size`` documents of ``index``.

    Args:
        query: in the syntax of Elasticsearch's ``query_string``; "" for every document.
        start: how many to leave out.

    Raises:
        ServerRefused: the query cannot be understood, or ``start`` is beyond the index's window.
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
    """Return what a document holds; nothing where its ``_source`` is not kept."""
    source = hit.get("_source") or {}
    if not isinstance(source, Mapping):
        raise TypeError(f"{type(source).__name__} in place of an object")
    return source


def read_document(
    connection: Base, index: str, deadline: Deadline, key: str, *, vectors: bool = False
) -> Sample | None:
    """Return one document as it is, refreshed or not; None if there is none of this key.

    Args:
        vectors: also ask for those that the ``_source`` leaves out.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    # Of several keys: one that is missing is part of the answer then, not an error.
    docs = read_stored(connection, index, [key], timeout=deadline.remaining, vectors=vectors)
    with understood(connection):
        [found] = docs
        if not found.get("found"):
            return None
        return Sample(key, _source(found), version=int(found["_version"]))
