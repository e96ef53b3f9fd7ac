"""The blocks of an index: what Elasticsearch refuses because of each, and how to remove them.

See "Index block settings" in the Elasticsearch reference.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

Block = Literal["metadata", "read", "write", "read_only", "read_only_allow_delete"]

Work = Literal["read", "write", "change"]
"""What is done with an index: its documents are searched, or written; or its settings, mapping or
aliases are changed, or it is deleted."""

_FORBIDDEN: Mapping[Work, tuple[Block, ...]] = {
    "read": ("read",),
    "write": ("write", "read_only", "read_only_allow_delete"),
    "change": ("metadata", "read_only"),
}
# In the order in which they can be removed, because the first two forbid changing settings.
_EVERY: tuple[Block, ...] = ("metadata", "read_only", "read_only_allow_delete", "read", "write")


def blocks_in(settings: Mapping[str, str]) -> tuple[Block, ...]:
    """Return the blocks that are set.

    Args:
        settings: the settings of a physical index, flat, as text.
    """
    return tuple(block for block in _EVERY if settings.get(setting_of(block)) == "true")


def forbidding(work: Work, blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Return those of ``blocks`` that forbid a kind of work."""
    return tuple(block for block in blocks if block in _FORBIDDEN[work])


def removing(name: str, block: Block) -> str:
    """Return the request that removes a block from a physical index."""
    return f'PUT /{name}/_settings {{"{setting_of(block)}": null}}'


def setting_of(block: Block) -> str:
    """Return the name of the setting."""
    return f"index.blocks.{block}"
