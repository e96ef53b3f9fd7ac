"""What there is to say about one object and the words of one search."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why an object is found, or is not: the first of these that is true."""

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
"""Reasons of an object that is found."""


MOST_TOKENS = 30


@dataclass(frozen=True)
class FieldTold:
    """One field and one word.

    Args:
        path: of the field.
        matches: whether the word, as this search looks for it, matches what the index has there.
        sought: what analysis makes of the word, as it is looked for in this field.
        has: what analysis has made of the field's value, no more than ``MOST_TOKENS`` of it.
        more: how many it has beside these.
    """

    path: str
    matches: bool
    sought: tuple[str, ...]
    has: tuple[str, ...]
    more: int = 0


@dataclass(frozen=True)
class WordTold:
    """One word of the search.

    Args:
        word: as it was typed.
        dropped: whether analysis leaves nothing of it in any field, so that it decides nothing.
        fields: what each searched field makes of it.
    """

    word: str
    dropped: bool
    fields: tuple[FieldTold, ...]

    @property
    def matches(self) -> bool:
        """Whether some field has it."""
        return any(told.matches for told in self.fields)


@dataclass(frozen=True)
class FilterTold:
    """One filter of the search.

    Args:
        path: the field that it is about.
        wanted: the values of which a document has to have one, or the bounds.
        has: what the document has there.
        passes: whether it lets the document through.
    """

    path: str
    wanted: tuple[str, ...]
    has: tuple[str, ...]
    passes: bool


@dataclass(frozen=True)
class ScorePart:
    """A part of a score: ``field`` is "" for what is not of one field."""

    field: str
    term: str
    value: float


@dataclass(frozen=True)
class Why:
    """The answer.

    Args:
        index: its name.
        key: of the object.
        text: the words as they were typed.
        search: name of the search.
        reason: the one that decides.
        facts: what a sentence about it says, by name.
        rank: of the object among the hits, the first is 1; None where it is not found, or not told.
        hits: how many there are; None where it is not told.
        score: how well the object fits; None where it is not found.
        score_parts: what it is made of, the most important first.
        words: what is looked for, word by word.
        filters: beside the words.
        differs: whether the index has another document than would be written now.
        waiting: changes to the object that wait in the outbox.
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
        """Whether the search finds the object, on whichever page."""
        return self.reason in FOUND
