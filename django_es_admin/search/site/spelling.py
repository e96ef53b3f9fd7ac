"""Suggestions of another spelling: the phrase suggester."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.utils.html import escape
from elasticsearch import dsl

from ..query import PREFIX_LENGTH
from .results import Correction

_NAME = "did_you_mean"


class PhraseSuggester:
    """One question for another spelling.

    Args:
        field: path of the text field whose words are known.
        size: corrections at most.
    """

    def __init__(self, field: str, size: int) -> None:
        self._field = field
        self._size = size
        # The marks are random, so no text can contain them.
        mark = secrets.token_hex(8)
        self._before, self._after = f"<{mark}>", f"</{mark}>"

    def asking(self, search: "dsl.Search[Any]", text: str) -> "dsl.Search[Any]":
        """Return the search for corrections alone."""
        generator = {
            "field": self._field,
            "suggest_mode": "popular",
            "prefix_length": PREFIX_LENGTH,
        }
        phrase = {
            "field": self._field,
            "size": self._size,
            "max_errors": 2.0,
            "direct_generator": [generator],
            "highlight": {"pre_tag": self._before, "post_tag": self._after},
        }
        return search.suggest(_NAME, text, phrase=phrase).extra(size=0)

    def read(self, answer: Mapping[str, Any]) -> list[Correction]:
        """Return the corrections, the likeliest first."""
        return [
            {
                "text": str(option["text"]),
                "highlighted": self._html(option.get("highlighted", option["text"])),
                "score": float(option["score"]),
            }
            for entry in answer.get("suggest", {}).get(_NAME, ())
            for option in entry["options"]
        ]

    def _html(self, text: str) -> str:
        marked = str(escape(text))
        for tag, html in ((self._before, "<em>"), (self._after, "</em>")):
            marked = marked.replace(escape(tag), html)
        return marked
