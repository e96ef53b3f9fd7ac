"""Give results the addresses that count how often they are opened.

The package that counts clicks registers the function that makes the addresses, so ``search`` does
not depend on it.
"""

from collections.abc import Callable, Sequence
from typing import Any

from .searched import Searched

Marks = Callable[[Searched, Sequence[str], int], Sequence[str]]
"""Returns a mark for each key of a page, or none at all; the number is the rank of the first key.

It raises nothing."""

_marks: list[Marks] = []


def let_mark(marks: Marks) -> None:
    """Register the function that marks results."""
    if marks not in _marks:
        _marks.append(marks)


def mark(
    search: Searched, results: Sequence[dict[str, Any]], keys: Sequence[str], first: int
) -> None:
    """Add a ``click`` to each result, unless the document has a field with this name.

    Args:
        search: the search that found the results.
        keys: the keys of their documents.
        first: the rank of the first result.
    """
    for marks in _marks:
        for result, click in zip(results, marks(search, keys, first), strict=False):
            result.setdefault("click", click)
