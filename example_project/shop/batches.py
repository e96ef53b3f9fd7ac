"""Long lists of keys in queries that every database takes."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")

# Far below every database's limit on the parameters of one query.
SIZE = 500


def in_batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield the items in slices of at most SIZE."""
    for start in range(0, len(items), SIZE):
        yield items[start : start + SIZE]
