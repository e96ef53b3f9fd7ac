"""Find the generation of an index that lost its alias, so that the alias can be restored."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndices
from ..models import Generation

_Role = Generation.Role
_ORDER = (_Role.LIVE, _Role.STANDBY, _Role.BUILDING)


@dataclass(frozen=True)
class Former:
    """A generation that can be searched again, because it still gets each change.

    Args:
        role: the role in the table of generations: live, standby or building.
        open: False if the index is closed, and has to be opened first.
        health: ``green``, ``yellow`` or ``red``; "" if unknown.
    """

    name: str
    role: str
    open: bool = True
    health: str = ""

    @property
    def usable(self) -> bool:
        """Whether the alias can be given to the generation as it is now."""
        return self.open and self.health != "red"


def find_former(
    definition: IndexDefinition, live: LiveIndices, generations: Iterable[Generation]
) -> Former | None:
    """Return the generation to restore the alias to; None if there is none, or no need.

    Args:
        live: the indices in the cluster.
        generations: the registered generations, the newest first.
    """
    if definition.alias in live.by_name or live.holders(definition.alias):
        return None
    found = [
        Former(row.name, row.role, live.by_name[row.name].open, live.by_name[row.name].health)
        for row in generations
        if row.name in live.by_name and row.role in _ORDER
        # A build that never ended has only some of the rows; a live generation has all of them.
        if row.loaded_at is not None or row.role == _Role.LIVE
    ]
    ranked = sorted(found, key=lambda each: (not each.usable, _ORDER.index(_Role(each.role))))
    return ranked[0] if ranked else None
