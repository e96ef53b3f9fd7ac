"""What a page of the admin shows of its search."""

from dataclasses import dataclass

from ...search.operators.reading import Reading
from .asking.answer import Answer


@dataclass(frozen=True)
class Shown:
    """The search of a change list, and what happened to it there.

    Args:
        term: what was typed.
        answer: what answered.
        reading: how it was read.
        every: whether words side by side have to match all.
        count: rows found, all filters and restrictions applied.
        ranked: whether the best come first.
        may_tell: whether hits that are not in the list are nothing to hide: somebody chose the
            filters.
        has_all: whether each hit that has a row is in the list.
    """

    term: str
    answer: Answer
    reading: Reading
    every: bool
    count: int
    ranked: bool
    may_tell: bool
    has_all: bool
