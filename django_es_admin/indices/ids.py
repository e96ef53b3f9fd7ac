"""The keys of all documents in a physical index, page by page."""

from collections.abc import Generator, Iterable
from typing import Any

from ..backends.abstracts import Base
from ..backends.errors import translated, understood
from ..documents.described.places import Place, read_place
from .readable import require_readable

PAGE = 10_000
KEEP_ALIVE = "2m"


def read_ids(
    connection: Base,
    index: str,
    *,
    timeout: float,
    size: int = PAGE,
    seed: int | None = None,
) -> Generator[list[str]]:
    """Yield the keys of all documents that can be found in ``index`` now, in no order.

    A point in time makes sure that all pages show the same documents, whatever is written in the
    meantime.

    Args:
        timeout: the time limit of each page, in seconds.
        size: the size of a page, at most the index's ``max_result_window``.
        seed: the seed of a random order; None for no order.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    client = connection.client.options(request_timeout=timeout)
    with translated(connection):
        opened = client.open_point_in_time(index=index, keep_alive=KEEP_ALIVE)
    with understood(connection):
        pit = opened["id"]
    try:
        after = None
        while True:
            with translated(connection):
                answer = client.search(
                    pit={"id": pit, "keep_alive": KEEP_ALIVE},
                    size=size,
                    query=None if seed is None else _shuffled(seed),
                    sort=["_shard_doc"] if seed is None else ["_score", "_shard_doc"],
                    search_after=after,
                    source=False,
                    track_total_hits=False,
                    filter_path="pit_id,hits.hits._id,hits.hits._routing,hits.hits.sort",
                )
            with understood(connection):
                pit = answer.get("pit_id", pit)
                hits = answer.get("hits", {}).get("hits", [])
                keys = [_key(hit["_id"], hit.get("_routing")) for hit in hits]
                after = hits[-1]["sort"] if hits else None
            if keys:
                yield keys
            if len(keys) < size:
                return
    finally:
        with translated(connection):
            client.close_point_in_time(id=pit)


def _key(identity: str, routing: str | None) -> str:
    # Most documents have no routing, and there may be millions of them.
    return identity if routing is None else str(Place(identity, routing))


def _shuffled(seed: int) -> dict[str, Any]:
    # By a field that each document has. Without a field, the order would differ for each page.
    order = {"seed": seed, "field": "_seq_no"}
    return {"function_score": {"random_score": order, "boost_mode": "replace"}}


def named(keys: Iterable[str]) -> list[dict[str, str]]:
    """Return the documents with these keys in the form of a multi-get request."""
    return [
        {"_id": place.id} if place.routing is None else {"_id": place.id, "routing": place.routing}
        for place in map(read_place, keys)
    ]


def existing_ids(connection: Base, index: str, ids: list[str], *, timeout: float) -> set[str]:
    """Return those of ``ids`` that exist as documents, even if they are not yet searchable.

    Args:
        ids: the keys of documents.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    with translated(connection):
        client = connection.client.options(request_timeout=timeout)
        answer = client.mget(
            index=index, docs=named(ids), source=False, filter_path="docs._id,docs.found,docs.error"
        )
    with understood(connection):
        found = zip(ids, answer["docs"], strict=True)
        require_readable(connection, answer["docs"])
        return {key for key, doc in found if doc.get("found")}
