"""Problems with indices that somebody, or Elasticsearch itself, has blocked."""

from collections.abc import Collection, Iterable, Iterator

from ..indices.blocks import Block, removing
from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndex
from .problem import Level, Mend, Problem

_OF_WRITES: tuple[Block, ...] = ("write", "read_only", "read_only_allow_delete")


def problems_of_blocks(
    indices: Iterable[LiveIndex],
    *,
    searched: Collection[str],
    written: Collection[str],
    left: str = "",
) -> Iterator[Problem]:
    """Yield a problem for each block of these indices that has an effect.

    Args:
        searched: the names of the indices with the alias.
        written: the names of the indices that get each change. A block of writes has an effect on
            no other.
        left: the index that a killed rebuild has blocked for writes, which is another problem; ""
            if there is none.
    """
    for index in indices:
        for block in index.blocks:
            if block in _OF_WRITES and index.name not in written:
                continue
            if block == "write" and index.name == left:
                continue
            hinders = block != "metadata" and index.name in searched
            level: Level = "error" if hinders else "warning"
            facts = {"name": index.name, "request": removing(index.name, block)}
            yield Problem(f"blocked-{block}", facts, level)


def problems_of_left_block(definition: IndexDefinition, blocked: str) -> Iterator[Problem]:
    """Yield a problem for an index that a killed rebuild has left blocked."""
    if blocked:
        facts = {"name": blocked, "index": definition.name}
        yield Problem("write-block", facts, "error", (Mend("rebuild", definition.name),))
