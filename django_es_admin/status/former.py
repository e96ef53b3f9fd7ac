"""What an index had before it lost its alias: a lost alias is not a lost index."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndices
from ..models import Generation

_Role = Generation.Role
_ORDER = (_Role.LIVE, _Role.STANDBY, _Role.BUILDING)


@dataclass(frozen=True)
class Former:
    """A generation that could be searched again, as it still gets each change.

    Args:
        role: as in the table of generations: it was live, was the way back, or was to be live.
        open: False for a closed one, which has to be opened first.
        health: ``green``, ``yellow`` or ``red``; "" where it is not known.
    """

    name: str
    role: str
    open: bool = True
    health: str = ""

    @property
    def usable(self) -> bool:
        """Whether the alias can be given to it as it is now."""
        return self.open and self.health != "red"


def find_former(
    definition: IndexDefinition, live: LiveIndices, generations: Iterable[Generation]
) -> Former | None:
    """Return the generation that the alias belongs to; None if anything holds it, or none is left.

    Args:
        live: what the cluster has.
        generations: those that are registered, the newest first.
    """
    if definition.alias in live.by_name or live.holders(definition.alias):
        return None
    found = [
        Former(row.name, row.role, live.by_name[row.name].open, live.by_name[row.name].health)
        for row in generations
        if row.name in live.by_name and row.role in _ORDER
        # A build that never ended has a part of the rows only; what was live has them all.
        if row.loaded_at is not None or row.role == _Role.LIVE
    ]
    ranked = sorted(found, key=lambda each: (not each.usable, _ORDER.index(_Role(each.role))))
    return ranked[0] if ranked else None
