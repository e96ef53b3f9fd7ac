"""What a page of the admin shows about its search."""

from dataclasses import dataclass

from ...search.operators.reading import Reading
from .asking.answer import Answer


@dataclass(frozen=True)
class Shown:
    """The search of a change list, and what was done with it.

    Args:
        term: the typed text.
        answer: the answer.
        reading: how the text was understood.
        every: whether all words without an operator between them must match.
        count: the number of rows, with all filters and restrictions.
        ranked: whether the best rows come first.
        may_tell: whether the user may know about hits that are not in the list, because only the
            filters that they chose leave them out.
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
