"""The parts of a search with operators."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..text.fields import SearchField

Names = Mapping[str, SearchField]


@dataclass(frozen=True)
class Word:
    """A word, or a value."""

    text: str
    place: int


@dataclass(frozen=True)
class Phrase:
    """Words that must be next to each other."""

    text: str
    place: int


@dataclass(frozen=True)
class Not:
    """An excluded part. With ``sign`` it has a minus sign, and applies to all parts next to it."""

    part: "Node"
    place: int
    sign: bool


@dataclass(frozen=True)
class Named:
    """A part to look for in one field."""

    field: SearchField
    part: "Node"
    place: int


@dataclass(frozen=True)
class Between:
    """Values between bounds: ``gt``, ``gte``, ``lt``, ``lte`` -> what was typed, and where."""

    bounds: tuple[tuple[str, Word], ...]
    place: int


@dataclass(frozen=True)
class Filled:
    """Any value."""

    place: int


@dataclass(frozen=True)
class Joined:
    """Several parts. ``by`` is ``AND`` or ``OR``, or "" if there is no operator between them."""

    by: Literal["AND", "OR", ""]
    parts: tuple["Node", ...]
    place: int


Node = Word | Phrase | Not | Named | Between | Filled | Joined
