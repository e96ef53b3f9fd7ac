"""The worlds in which the rules must hold."""

from dataclasses import dataclass, replace

from .rules import OURS, FirstDelete, Rules
from .state import Generation
from .world import World

BUILDING = frozenset({Generation.BUILDING})
BOTH = frozenset(Generation)
LIVE = frozenset({Generation.LIVE})
# What a fan-out does: the objects that it finds gone get rows of their own.
FAN_OUT = replace(OURS, first_delete=FirstDelete.NEW_ROW)

# A build that is loaded, or a standby, which now and then cannot be written, or never.
SICK = World(BUILDING, late=0, loaded=True, refusing=BUILDING)
STAYS_SICK = World(BOTH, transactions=1, late=0, loaded=True, refusing=BUILDING, broken=BUILDING)
RESTORED = World(late=0, restores=1)


@dataclass(frozen=True)
class Proof:
    """Rules that must hold in a world.

    Args:
        large: it takes much longer than others.
    """

    name: str
    world: World
    rules: Rules = OURS
    large: bool = False


PROOFS = [
    Proof("two writers, two drains", World(writers=2), large=True),
    Proof("a rebuild, two drains", World(BUILDING, late=0), large=True),
    Proof("a rebuild, one drain, late requests", World(BUILDING, drains=1)),
    Proof("two generations, two drains", World(BOTH, transactions=1, late=0), large=True),
    Proof(
        "a long history, one drain, late requests",
        World(transactions=4, drains=1, late=2),
        large=True,
    ),
    Proof("a fan-out, two drains", World(late=0), FAN_OUT, large=True),
    Proof("a blocked index, two drains", World(late=0, refusing=LIVE)),
    Proof("a sick target, two drains", SICK, large=True),
    Proof(
        "a sick target, one drain, late requests", replace(SICK, transactions=3, drains=1, late=1)
    ),
    Proof("a target that stays sick, two drains", STAYS_SICK),
    Proof("a restored table, two drains", RESTORED),
]

# The same with more of everything: minutes, and some gigabytes.
DEEP_PROOFS = [
    Proof("a sick target, two drains, late requests", replace(SICK, late=1)),
    Proof("a restored table, two drains, late requests", replace(RESTORED, late=1)),
    Proof("three transactions, two drains, late requests", World(transactions=3)),
    Proof("a rebuild, two drains, late requests", World(BUILDING)),
    Proof("two generations, one drain, late requests", World(BOTH, drains=1)),
    Proof("a fan-out, two writers, two drains, late requests", World(writers=2), FAN_OUT),
]
