"""Problems with indices that somebody, or Elasticsearch itself, has blocked."""

from collections.abc import Iterable, Iterator

from ..indices.blocks import Block, removing
from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndex
from .problem import Level, Mend, Problem

_OF_WRITES: tuple[Block, ...] = ("write", "read_only", "read_only_allow_delete")


def problems_of_blocks(
    indices: Iterable[LiveIndex], *, searched: Iterable[str], written: bool, left: str = ""
) -> Iterator[Problem]:
    """Yield a problem for each block of these indices that has an effect.

    Args:
        searched: the names of the indices with the alias.
        written: whether the project writes to them. If not, a block of writes has no effect.
        left: the index that a killed rebuild has blocked for writes, which is another problem; ""
            if there is none.
    """
    live = set(searched)
    for index in indices:
        for block in index.blocks:
            if block in _OF_WRITES and (not written or (block == "write" and index.name == left)):
                continue
            level: Level = "error" if block != "metadata" and index.name in live else "warning"
            facts = {"name": index.name, "request": removing(index.name, block)}
            yield Problem(f"blocked-{block}", facts, level)


def problems_of_left_block(definition: IndexDefinition, blocked: str) -> Iterator[Problem]:
    """Yield a problem for an index that a killed rebuild has left blocked."""
    if blocked:
        facts = {"name": blocked, "index": definition.name}
        yield Problem("write-block", facts, "error", (Mend("rebuild", definition.name),))
