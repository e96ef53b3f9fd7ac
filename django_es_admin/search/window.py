"""Read more hits than an index returns at once, page by page with a point in time."""

import json
import zlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..backends.errors import translated, understood
from ..backends.searcher import searcher
from ..backends.transport.deadline import Deadline
from ..documents import Document
from ..exceptions import ElasticsearchAdminError
from ..indices.described import ask_despite_blocks
from .querysets.identity import asked_for

# How long Elasticsearch keeps the point in time for the next page.
KEEP_ALIVE = "30s"


def read_window(document: type[Document], deadline: Deadline) -> int:
    """Return how many hits the index returns in one answer: its ``index.max_result_window``.

    Raises:
        ElasticsearchAdminError: the request failed.
    """
    name = "index.max_result_window"
    connection = document.django.connection
    told = ask_despite_blocks(
        connection,
        document.django.alias,
        deadline,
        lambda client, names: searcher(client, deadline.remaining).indices.get_settings(
            index=names, name=name, flat_settings=True, include_defaults=True
        ),
    )
    with understood(connection):
        return min(
            # The state of the cluster, which is asked of a blocked index, has no defaults.
            int({name: 10_000, **found.get("defaults", {}), **found["settings"]}[name])
            for found in told.bodies.values()
        )


def read_pages(
    document: type[Document],
    query: Mapping[str, Any],
    size: int,
    *,
    field: str,
    page: int,
    deadline: Deadline,
) -> list[Mapping[str, Any]]:
    """Yield the answers with the best ``size`` hits, ``page`` hits in each answer.

    Args:
        field: the result of :func:`~django_es_admin.search.querysets.identity.key_field`.

    Raises:
        ElasticsearchAdminError: the request failed, or its answer is incomplete.
    """
    connection = document.django.connection
    with translated(connection):
        opened = searcher(connection.client, deadline.remaining).open_point_in_time(
            index=document.django.alias, keep_alive=KEEP_ALIVE, preference=preferred_copy(query)
        )
    with understood(connection):
        point = opened.body["id"]
    try:
        return _read_pages(
            document, {"id": point}, query, size, field=field, page=page, deadline=deadline
        )
    finally:
        # A point in time that cannot be closed expires.
        with suppress(ElasticsearchAdminError), translated(connection):
            searcher(connection.client, deadline.remaining).close_point_in_time(id=point)


def _read_pages(
    document: type[Document],
    point: Mapping[str, str],
    query: Mapping[str, Any],
    size: int,
    *,
    field: str,
    page: int,
    deadline: Deadline,
) -> list[Mapping[str, Any]]:
    connection = document.django.connection
    answers: list[Mapping[str, Any]] = []
    after: Any = None
    while size > 0:
        seconds = deadline.remaining
        with translated(connection):
            answer = searcher(connection.client, seconds).search(
                pit={**point, "keep_alive": KEEP_ALIVE},
                query=query,
                size=min(page, size),
                sort=[{"_score": "desc"}],
                search_after=after,
                track_total_hits=not answers,
                timeout=f"{max(int(seconds * 1000), 1)}ms",
                # An incomplete answer would look like a complete one.
                allow_partial_search_results=False,
                **_arguments(asked_for(field)),
            )
        with understood(connection):
            hits = answer.body["hits"]["hits"]
            after = hits[-1]["sort"] if hits else None
        answers.append(answer.body)
        if len(hits) < min(page, size):
            break
        size -= len(hits)
    return answers


def _arguments(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return parts of a body as arguments of the client, whose names have no leading underscore."""
    return {name.removeprefix("_"): part for name, part in body.items()}


def preferred_copy(query: Mapping[str, Any]) -> str:
    """Return the ``preference`` of a search.

    The copies of a shard calculate slightly different scores. The same search must use the same
    copy, or its pages would not fit together.
    """
    return f"search-{zlib.crc32(json.dumps(query, default=str).encode()):08x}"
