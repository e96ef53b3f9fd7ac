"""Find the searched words in the hits of one page."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch import dsl

from ..backends.errors import translated, understood
from ..backends.searcher import searcher
from ..conf import get_options
from ..documents import Document
from .text.query import AnyQuery

# Longer texts are only marked up to this character, because an index refuses more (reference,
# "index.highlight.max_analyzed_offset").
MAX_CHARACTERS = 999_999


@dataclass(frozen=True)
class Piece:
    """A piece of a text, and whether it was searched for."""

    text: str
    marked: bool


Pieces = tuple[Piece, ...]


def find_highlights(
    document: type[Document],
    marking: Mapping[str, AnyQuery],
    keys: Sequence[Any],
    *,
    timeout: float | None = None,
) -> dict[str, dict[str, Pieces]]:
    """Return document's ``_id`` -> path -> the whole text of that field, in pieces.

    Texts without a match are left out.

    Args:
        marking: path of a field -> the query for the words to mark in it.
        keys: primary keys of the rows of one page.
        timeout: the time limit in seconds; ``search_timeout`` if omitted.

    Raises:
        ElasticsearchAdminError: the request failed.
    """
    seconds = get_options().search_timeout if timeout is None else timeout
    connection = document.django.connection
    # The marks are random, so that no text contains them.
    before, after = f"<{secrets.token_hex(8)}>", f"</{secrets.token_hex(8)}>"
    bodies = {
        path: query.to_dict() if isinstance(query, dsl.Query) else query
        for path, query in marking.items()
    }
    with translated(connection):
        answer = searcher(connection.client, seconds).search(
            index=document.django.alias,
            # The hits are known, so they need not be searched again.
            query={"bool": {"filter": {"ids": {"values": list(map(str, keys))}}}},
            size=len(keys),
            source=False,
            track_total_hits=False,
            timeout=f"{max(int(seconds * 1000), 1)}ms",
            highlight={
                "fields": {path: {"highlight_query": body} for path, body in bodies.items()},
                "pre_tags": [before],
                "post_tags": [after],
                "number_of_fragments": 0,
                "max_analyzed_offset": MAX_CHARACTERS,
            },
            filter_path=["hits.hits._id", "hits.hits.highlight"],
        )
    with understood(connection):
        hits = answer.body.get("hits", {}).get("hits", ())
        return {
            str(hit["_id"]): {
                path: _pieces(texts[0], before, after)
                for path, texts in hit["highlight"].items()
                if len(texts) == 1
            }
            for hit in hits
            if "highlight" in hit
        }


def _pieces(text: str, before: str, after: str) -> Pieces:
    plain, *marked = text.split(before)
    pieces = [Piece(plain, marked=False)]
    for part in marked:
        found, _, rest = part.partition(after)
        pieces += [Piece(found, marked=True), Piece(rest, marked=False)]
    return tuple(piece for piece in pieces if piece.text)


def text_of(pieces: Pieces) -> str:
    """Return the text without marks."""
    return "".join(piece.text for piece in pieces)
