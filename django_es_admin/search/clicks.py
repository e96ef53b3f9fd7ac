"""Give results the addresses that count how often they are opened.

The package that counts registers the function that makes the addresses; `search/` does not know the
log.
"""

from collections.abc import Callable, Sequence
from typing import Any

from .searched import Searched

Marks = Callable[[Searched, Sequence[str], int], Sequence[str]]
"""Returns a mark for each key of a page, or none at all; the number is the rank of the first key.

It raises nothing."""

_marks: list[Marks] = []


def let_mark(marks: Marks) -> None:
    """Have the results of search services marked."""
    if marks not in _marks:
        _marks.append(marks)


def mark(
    search: Searched, results: Sequence[dict[str, Any]], keys: Sequence[str], first: int
) -> None:
    """Give results their ``click``; a document's own field of this name goes before it.

    Args:
        search: that found them.
        keys: of their documents.
        first: rank of the first of them.
    """
    for marks in _marks:
        for result, click in zip(results, marks(search, keys, first), strict=False):
            result.setdefault("click", click)
