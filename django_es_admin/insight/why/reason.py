"""The reasons why an object is found or not, and the details of one answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why an object is found, or is not. The first reason that is true counts."""

    FOUND = "found"
    PROMOTED = "promoted"
    FAR_DOWN = "far-down"
    BEYOND_WINDOW = "beyond-window"
    GHOST = "ghost"
    NO_OBJECT = "no-object"
    HIDDEN_ROW = "hidden-row"
    OUTSIDE_QUERYSET = "outside-queryset"
    NOT_TO_BE_INDEXED = "not-to-be-indexed"
    UNMAKEABLE = "unmakeable"
    INDEX_MISSING = "index-missing"
    REFUSED = "refused"
    WAITING = "waiting"
    NOT_INDEXED = "not-indexed"
    NOT_REFRESHED = "not-refreshed"
    STALE = "stale"
    FILTERED = "filtered"
    NO_WORDS = "no-words"
    STOP_WORDS = "stop-words"
    FIELD_NOT_SEARCHED = "field-not-searched"
    FIELD_NOT_INDEXED = "field-not-indexed"
    TOO_LONG = "too-long"
    DROPPED = "dropped"
    ANALYSED_OTHERWISE = "analysed-otherwise"
    WHOLE_KEYWORD = "whole-keyword"
    PART_OF_WORD = "part-of-word"
    TYPO_NOT_FORGIVEN = "typo-not-forgiven"
    TYPO_AT_BEGINNING = "typo-at-beginning"
    TYPO_TOO_FAR = "typo-too-far"
    WORD_ABSENT = "word-absent"
    OWN_QUERY = "own-query"
    LEFT_OUT = "left-out"


FOUND = frozenset(
    (Reason.FOUND, Reason.PROMOTED, Reason.FAR_DOWN, Reason.BEYOND_WINDOW, Reason.GHOST)
)
"""The reasons for an object that is found."""


MOST_TOKENS = 30


@dataclass(frozen=True)
class FieldTold:
    """The result for one field and one word.

    Args:
        path: the path of the field.
        matches: whether the word matches the field in the index, as this search uses it.
        sought: the tokens of the word that are searched in this field.
        has: the tokens of the field's value, at most ``MOST_TOKENS``.
        more: how many more tokens the value has.
    """

    path: str
    matches: bool
    sought: tuple[str, ...]
    has: tuple[str, ...]
    more: int = 0


@dataclass(frozen=True)
class WordTold:
    """The result for one word of the search.

    Args:
        word: the word as it was typed.
        dropped: whether the analyzers drop the word in all fields, so that it has no effect.
        fields: the result for each searched field.
    """

    word: str
    dropped: bool
    fields: tuple[FieldTold, ...]

    @property
    def matches(self) -> bool:
        """Whether a field matches."""
        return any(told.matches for told in self.fields)


@dataclass(frozen=True)
class FilterTold:
    """The result for one filter of the search.

    Args:
        path: the path of the field.
        wanted: the values of which a document must have one, or the bounds.
        has: the values of the document.
        passes: whether the document passes the filter.
    """

    path: str
    wanted: tuple[str, ...]
    has: tuple[str, ...]
    passes: bool


@dataclass(frozen=True)
class ScorePart:
    """A part of a score; ``field`` is "" if the part does not belong to one field."""

    field: str
    term: str
    value: float


@dataclass(frozen=True)
class Why:
    """The answer for one object and one search.

    Args:
        index: the name of the index.
        key: the key of the object.
        text: the words as they were typed.
        search: the name of the search.
        reason: the reason.
        facts: the values for a sentence about the reason, by name.
        rank: the rank of the object among the hits, from 1; None if it is not found, or hidden.
        hits: the number of hits; None if hidden.
        score: the score of the object; None if it is not found.
        score_parts: the parts of the score, the most important first.
        words: the result for each word.
        filters: the result for each filter.
        differs: whether the indexed document is outdated.
        waiting: the number of changes to the object that wait in the outbox.
    """

    index: str
    key: str
    text: str
    search: str
    reason: Reason
    facts: Mapping[str, Any] = field(default_factory=dict)
    rank: int | None = None
    hits: int | None = None
    score: float | None = None
    score_parts: tuple[ScorePart, ...] = ()
    words: tuple[WordTold, ...] = ()
    filters: tuple[FilterTold, ...] = ()
    differs: bool = False
    waiting: int = 0

    @property
    def found(self) -> bool:
        """Whether the search finds the object, on any page."""
        return self.reason in FOUND
