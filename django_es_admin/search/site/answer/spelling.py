"""Suggest other spellings with Elasticsearch's phrase suggester."""

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.utils.html import escape
from elasticsearch import dsl

from ...text.fields import Query, SearchField, inside
from ...text.query import PREFIX_LENGTH
from .ready import Ready
from .results import Correction

# If hidden words have to be left out, this many corrections are requested.
LOOKED_AT = 20

_NAME = "did_you_mean"


class PhraseSuggester:
    """One request for other spellings.

    Args:
        field: the text field whose words are known.
        size: the maximum number of corrections.
        visible: queries for the documents whose words may be shown; none if all may be shown.
    """

    def __init__(self, field: SearchField, size: int, visible: Sequence[Query] = ()) -> None:
        self._field = field
        self._size = size
        self._visible = visible
        # The marks are random, so that no text contains them.
        mark = secrets.token_hex(8)
        self._before, self._after = f"<{mark}>", f"</{mark}>"

    def asking(self, search: "dsl.Search[Any]", text: str) -> "dsl.Search[Any]":
        """Return a search for corrections only."""
        generator: dict[str, Any] = {
            "field": self._field.path,
            "suggest_mode": "popular",
            "prefix_length": PREFIX_LENGTH,
        }
        looked_at = self._size
        if self._visible:
            # The suggester cannot filter: it uses the words of all documents.
            looked_at = max(looked_at, LOOKED_AT)
            generator["size"] = LOOKED_AT
        phrase = {
            "field": self._field.path,
            "size": looked_at,
            "max_errors": 2.0,
            "direct_generator": [generator],
            "highlight": {"pre_tag": self._before, "post_tag": self._after},
        }
        return search.suggest(_NAME, text, phrase=phrase).extra(size=0)

    def looking_for(self, search: "dsl.Search[Any]", words: Collection[str]) -> "dsl.Search[Any]":
        """Return a search for those of these words that a visible document contains."""
        search = search.query(dsl.query.Bool(filter=[Ready(query) for query in self._visible]))
        filters = {
            # As the word is indexed: analyzing it again could change it.
            word: inside(self._field, {"term": {self._field.path: {"value": word}}})
            for word in words
        }
        search.aggs.bucket(_NAME, "filters", filters=filters)
        return search.extra(size=0)

    def read_known(self, answer: Mapping[str, Any]) -> set[str]:
        """Return the words that the search of ``looking_for`` found."""
        buckets = answer["aggregations"][_NAME]["buckets"]
        return {word for word, bucket in buckets.items() if bucket["doc_count"]}

    def new_words(self, answer: Mapping[str, Any]) -> set[str]:
        """Return the words of all corrections in an answer that were not typed."""
        return {word for option in _options(answer) for word in self._changed(option)}

    def read(
        self, answer: Mapping[str, Any], known: Collection[str] | None = None
    ) -> list[Correction]:
        """Return the corrections, the most likely first.

        Args:
            known: the words that may be shown, besides those that were typed; None for all words.
        """
        found: list[Correction] = [
            {
                "text": str(option["text"]),
                "highlighted": self._html(option.get("highlighted", option["text"])),
                "score": float(option["score"]),
            }
            for option in _options(answer)
            if known is None or all(word in known for word in self._changed(option))
        ]
        return found[: self._size]

    def _changed(self, option: Mapping[str, Any]) -> list[str]:
        """Return the words of a correction that are marked as changed, or all if none is marked."""
        pieces = str(option.get("highlighted", "")).split(self._before)[1:]
        marked = [piece.partition(self._after)[0] for piece in pieces]
        return " ".join(marked or [str(option["text"])]).split()

    def _html(self, text: str) -> str:
        marked = str(escape(text))
        for tag, html in ((self._before, "<em>"), (self._after, "</em>")):
            marked = marked.replace(escape(tag), html)
        return marked


def _options(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for entry in answer.get("suggest", {}).get(_NAME, ()):
        yield from entry["options"]
