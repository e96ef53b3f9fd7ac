"""Ask Elasticsearch which parts of a search match one document."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from struct import pack, unpack
from typing import Any

from ...backends.errors import translated, understood
from ...backends.searcher import searcher
from ...backends.transport.deadline import Deadline
from ...indices.definition import IndexDefinition
from ...search.text.fields import Query
from ...search.window import preferred_copy


@dataclass(frozen=True)
class Matched:
    """The result for one document.

    Args:
        searchable: whether any search can find the document.
        parts: name of each part -> whether it matches the document.
    """

    searchable: bool
    parts: Mapping[str, bool]


def ask_parts(
    definition: IndexDefinition, key: str, parts: Mapping[str, Query], deadline: Deadline
) -> Matched:
    """Ask which of the queries match one document, in one request.

    Args:
        key: the key of the document.
        parts: name -> query.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    connection = definition.connection
    with translated(connection):
        answer = searcher(connection.client, deadline.remaining).search(
            index=definition.alias,
            query={"ids": {"values": [key]}},
            size=0,
            track_total_hits=True,
            aggregations={name: {"filter": query} for name, query in parts.items()} or None,
            allow_partial_search_results=False,
        )
    with understood(connection):
        told = answer.body.get("aggregations", {})
        return Matched(
            searchable=answer.body["hits"]["total"]["value"] > 0,
            parts={name: told[name]["doc_count"] > 0 for name in parts},
        )


@dataclass(frozen=True)
class Ranked:
    """The rank of a document among the hits.

    Args:
        rank: the rank, from 1; among hits with the same score, the best possible one.
        tied: how many other hits have the same score.
        hits: the number of hits.
        score: the score of the document.
        explanation: Elasticsearch's explanation of the score.
    """

    rank: int
    tied: int
    hits: int
    score: float
    explanation: Mapping[str, Any]


def rank_of(
    definition: IndexDefinition,
    key: str,
    query: Query,
    filters: Sequence[Query],
    deadline: Deadline,
) -> Ranked | None:
    """Return the rank of a document among the hits; None if it is not a hit.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    connection = definition.connection
    whole = {"bool": {"must": query, "filter": list(filters)}}
    alone = {"bool": {"must": query, "filter": [*filters, {"ids": {"values": [key]}}]}}
    # The copies of a shard score slightly differently, so all requests go to the same copy.
    same: dict[str, Any] = {
        "index": definition.alias,
        "preference": preferred_copy(json.loads(json.dumps(whole, default=str))),
        "allow_partial_search_results": False,
    }

    def ask(query: Query, **options: Any) -> Mapping[str, Any]:
        with translated(connection):
            client = searcher(connection.client, deadline.remaining)
            body: Mapping[str, Any] = client.search(query=query, **same, **options).body["hits"]
        return body

    with understood(connection):
        hits = ask(alone, size=1, explain=True, source=False)["hits"]
        if not hits:
            return None
        score = float(hits[0]["_score"])
        explanation = hits[0]["_explanation"]

        def count(least: float | None) -> int:
            found = ask(whole, size=0, track_total_hits=True, min_score=least)
            return int(found["total"]["value"])

        better = count(_above(score))
        equal = count(score)
        return Ranked(better + 1, max(equal - better - 1, 0), count(None), score, explanation)


def _above(score: float) -> float:
    """Return the next higher score, as a 32-bit float."""
    (as_it_has,) = unpack("<f", pack("<f", score))
    (bits,) = unpack("<I", pack("<f", as_it_has))
    (following,) = unpack("<f", pack("<I", bits + 1))
    return float(following)
