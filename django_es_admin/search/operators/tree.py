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
    """Words side by side."""

    text: str
    place: int


@dataclass(frozen=True)
class Not:
    """What must not be; ``sign``: by a dash, which takes it from all that stands beside."""

    part: "Node"
    place: int
    sign: bool


@dataclass(frozen=True)
class Named:
    """What is looked for in one field."""

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
    """Several parts; ``by``: ``AND``, ``OR``, or "" if they just stand side by side."""

    by: Literal["AND", "OR", ""]
    parts: tuple["Node", ...]
    place: int


Node = Word | Phrase | Not | Named | Between | Filled | Joined
