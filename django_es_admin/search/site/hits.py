"""Turn hits into plain data."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from elasticsearch import dsl

from ..highlight import MAX_CHARACTERS
from ..text.fields import Query
from .promotions import is_promoted

FRAGMENT_CHARACTERS = 150
FRAGMENTS = 3


def highlighted(
    search: "dsl.Search[Any]",
    fields: Sequence[str] | Mapping[str, Mapping[str, Any]],
    marking: Callable[[str], Query],
) -> "dsl.Search[Any]":
    """Return the search with highlighting in these fields.

    Args:
        fields: paths, or path -> Elasticsearch's options for that field.
        marking: returns the query for the words to mark in the field with a path.
    """
    options = fields if isinstance(fields, Mapping) else {path: {} for path in fields}
    for path, own in options.items():
        search = search.highlight(path, **{"highlight_query": marking(path), **own})
    return search.highlight_options(
        # Escapes the text, so that the marks are the only HTML in it.
        encoder="html",
        pre_tags=["<mark>"],
        post_tags=["</mark>"],
        fragment_size=FRAGMENT_CHARACTERS,
        number_of_fragments=FRAGMENTS,
        max_analyzed_offset=MAX_CHARACTERS,
    )


def read_hits(hits: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the documents, with ``score``, ``promoted`` and ``highlights``.

    If a document has fields with these names, they are kept.
    """
    return [_read_hit(hit) for hit in hits]


def _read_hit(hit: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"score": hit.get("_score")}
    if is_promoted(hit):
        # The score of a promoted hit only puts it first, so it is not shown.
        told = {"score": None, "promoted": True}
    if "highlight" in hit:
        told["highlights"] = dict(hit["highlight"])
    return {**told, **hit.get("_source", {})}
