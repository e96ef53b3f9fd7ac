"""Each way to break the rules, with the smallest world in which it shows."""

from dataclasses import dataclass, replace

from .rules import OURS, Acknowledged, FirstDelete, Op, Rules, SecondDelete
from .state import Generation
from .world import World
from .worlds import FAN_OUT, LIVE, RESTORED, SICK, STAYS_SICK

SMALL = World()
TWO_WRITERS = World(writers=2)
REBUILD = World(frozenset({Generation.BUILDING}), transactions=1, drains=1)
ONE_DRAIN = World(transactions=3, drains=1)


@dataclass(frozen=True)
class Mutant:
    """Rules of which one is broken.

    Args:
        name: what is wrong with it.
        world: where that loses an update.
        stuck: whether it loses none, and lets none ever arrive.
    """

    name: str
    rules: Rules
    world: World
    stuck: bool = False


MUTANTS = [
    Mutant(
        "the tick is taken before the rows are picked",
        replace(
            OURS, drain=((Op.TICK,), (Op.PICK,), (Op.TARGETS,), (Op.READ, Op.WRITE), (Op.FINISH,))
        ),
        SMALL,
    ),
    Mutant(
        "a drain reads before its tick",
        replace(
            OURS, drain=((Op.PICK,), (Op.TARGETS,), (Op.READ,), (Op.TICK, Op.WRITE), (Op.FINISH,))
        ),
        SMALL,
    ),
    Mutant(
        "the targets are read before the rows are picked",
        replace(
            OURS, drain=((Op.TARGETS,), (Op.PICK,), (Op.TICK,), (Op.READ, Op.WRITE), (Op.FINISH,))
        ),
        REBUILD,
    ),
    Mutant(
        "all rows up to the highest picked one are deleted",
        replace(OURS, acknowledged=Acknowledged.UP_TO_HIGHEST),
        TWO_WRITERS,
    ),
    Mutant(
        "all rows of the object are deleted",
        replace(OURS, acknowledged=Acknowledged.ALL_OF_THE_OBJECT),
        SMALL,
    ),
    Mutant("rows are picked beyond a cursor", replace(OURS, cursor=True), TWO_WRITERS),
    Mutant("writes have no version", replace(OURS, versioned=False), SMALL),
    Mutant(
        "rows are deleted before the answers arrive", replace(OURS, answers_awaited=False), SMALL
    ),
    Mutant(
        "changes are captured after the commit", replace(OURS, captured_with_change=False), SMALL
    ),
    Mutant("deletes are sent once", replace(OURS, first_delete=FirstDelete.NOTHING), SMALL),
    Mutant("the second delete does not wait", replace(OURS, second_waits=False), SMALL),
    Mutant(
        "one row's second delete counts for all rows",
        replace(OURS, second_delete=SecondDelete.ANY_OTHER_IS_DUE),
        ONE_DRAIN,
    ),
    Mutant(
        "a drain decides at its end whether its delete was the second",
        replace(
            OURS,
            first_delete=FirstDelete.ALL_STAY,
            second_delete=SecondDelete.DUE_WHEN_ACKNOWLEDGED,
        ),
        SMALL,
    ),
    Mutant(
        "only the newest row stays for the second delete",
        replace(OURS, first_delete=FirstDelete.NEWEST_STAYS),
        TWO_WRITERS,
    ),
    Mutant(
        "a process that waited for another drain assumes that its rows are written",
        replace(OURS, waiting_looks=False),
        SMALL,
    ),
    Mutant(
        "the loader registers its generation after it reads",
        replace(OURS, loader=((Op.TICK,), (Op.READ,), (Op.REGISTER, Op.LOAD), (Op.FINISH,))),
        REBUILD,
    ),
    Mutant(
        "the loader reads before its tick",
        replace(OURS, loader=((Op.REGISTER,), (Op.READ,), (Op.TICK, Op.LOAD), (Op.FINISH,))),
        REBUILD,
    ),
    Mutant(
        "a blocked index counts as a failed attempt of each row",
        replace(OURS, blocked_waits=False),
        World(refusing=LIVE),
    ),
    Mutant(
        "rows wait for a target that nobody searches",
        replace(OURS, unsearched_vetoes=True),
        STAYS_SICK,
        stuck=True,
    ),
    Mutant(
        "the changes that a sick target misses are not recorded",
        replace(OURS, missed_noted=False),
        SICK,
    ),
    Mutant(
        "a drain that writes a missed change deletes newer records, too",
        replace(OURS, newer_misses_stay=False),
        SICK,
    ),
    Mutant(
        "the records of missed changes are looked up after the objects are read",
        replace(
            OURS,
            drain=(
                (Op.PICK,),
                (Op.TARGETS,),
                (Op.TICK,),
                (Op.READ,),
                (Op.MISSED, Op.WRITE),
                (Op.FINISH,),
            ),
        ),
        SICK,
    ),
    Mutant(
        "a drain trusts the table of generations, and does not look at the alias",
        replace(OURS, alias_looked_at=False),
        RESTORED,
    ),
    Mutant(
        "an acknowledgement is not committed as a whole",
        replace(FAN_OUT, acknowledged_at_once=False),
        SMALL,
    ),
    Mutant(
        "a crash of the database undoes a tick",
        replace(OURS, ticks_survive=False),
        SMALL,
    ),
]
