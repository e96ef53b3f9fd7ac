"""The rules of the protocol as data, so that each can be broken."""

from dataclasses import dataclass
from enum import Enum, auto


class Op(Enum):
    """What a drain or a loader does."""

    REGISTER = auto()
    PICK = auto()
    TARGETS = auto()
    MISSED = auto()  # what the building generation is known to miss
    TICK = auto()
    READ = auto()
    WRITE = auto()  # documents, and deletes of what is absent
    LOAD = auto()  # documents alone
    FINISH = auto()


class Acknowledged(Enum):
    """Which rows a drain deletes when its writes were answered."""

    PICKED = auto()
    UP_TO_HIGHEST = auto()
    ALL_OF_THE_OBJECT = auto()


class FirstDelete(Enum):
    """What the rows of a first delete leave for the second one."""

    NEW_ROW = auto()
    ALL_STAY = auto()
    NEWEST_STAYS = auto()
    NOTHING = auto()


class SecondDelete(Enum):
    """Which rows a delete is the second one for."""

    DUE_WHEN_PICKED = auto()
    DUE_WHEN_ACKNOWLEDGED = auto()
    ANY_OTHER_IS_DUE = auto()


Program = tuple[tuple[Op, ...], ...]


@dataclass(frozen=True)
class Rules:
    """The rules that drains, loaders and transactions follow. The defaults are the package's.

    The operations of one step happen at once. To write at once what was read loses no case: a
    batch that is held up in between is a request that is held up on its way.

    Args:
        drain: its steps.
        loader: the steps of loading one range of primary keys.
        captured_with_change: the outbox row commits together with the change.
        versioned: a generation refuses what is older than what it holds.
        answers_awaited: rows are acknowledged when every write was answered.
        second_waits: the second delete waits until no earlier write can be on its way.
        cursor: a drain picks only rows with higher ids than those that were acknowledged.
        waiting_looks: who waited for another one's drain looks whether its rows were written.
        blocked_waits: the rows of an index that cannot be written stay as they are.
        unsearched_vetoes: rows wait for a generation that nobody searches, too.
        missed_noted: what such a generation could not take is noted, and made up for before it is
            searched.
        newer_misses_stay: who makes up for what was missed forgets that alone, and nothing newer.
        alias_looked_at: a drain writes nothing where what is searched is in no table.
        acknowledged_at_once: a drain that fails in the database has acknowledged all, or nothing.
        ticks_survive: a crash of the database undoes no tick: the clock is beyond it.
    """

    drain: Program = (
        (Op.PICK,),
        (Op.TARGETS,),
        (Op.MISSED, Op.TICK),
        (Op.READ, Op.WRITE),
        (Op.FINISH,),
    )
    loader: Program = ((Op.REGISTER,), (Op.TICK,), (Op.READ, Op.LOAD), (Op.FINISH,))
    captured_with_change: bool = True
    versioned: bool = True
    answers_awaited: bool = True
    acknowledged: Acknowledged = Acknowledged.PICKED
    first_delete: FirstDelete = FirstDelete.ALL_STAY
    second_delete: SecondDelete = SecondDelete.DUE_WHEN_PICKED
    second_waits: bool = True
    cursor: bool = False
    waiting_looks: bool = True
    blocked_waits: bool = True
    unsearched_vetoes: bool = False
    missed_noted: bool = True
    newer_misses_stay: bool = True
    alias_looked_at: bool = True
    acknowledged_at_once: bool = True
    ticks_survive: bool = True


OURS = Rules()
