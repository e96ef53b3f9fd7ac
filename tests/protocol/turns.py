"""The turns of processes that save at the same time, as the module ``drainers.turn`` takes them.

Each process commits one row, and sees to it that somebody drains it. What one statement does is
divided into its moments: what it sees, and each lock that it asks for. The lock that the next one
waits for is left out: who waits may wake at any moment, too early as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

Rows = frozenset[int]
NONE: Rows = frozenset()
NOBODY = -1


class At(IntEnum):
    """What a process does next."""

    COMMIT = 0
    LOOK = 1
    ASK = 2
    ASK_TO_BE_NEXT = 3
    WAIT = 4
    DRAIN = 5
    GIVE = 6
    END = 7


class Process(NamedTuple):
    """A process: the rows that it saw or drains, and whether others rely on it."""

    at: At = At.COMMIT
    rows: Rows = NONE
    relied_on: bool = False
    full: bool = False


class State(NamedTuple):
    """The rows that are committed and not drained, whose turn it is, and who is the next one."""

    processes: tuple[Process, ...]
    rows: Rows = NONE
    turn: int = NOBODY
    next: int = NOBODY

    @property
    def has_ended(self) -> bool:
        """Whether no process goes on."""
        return all(process.at is At.END for process in self.processes)


Step = tuple[State, Process]


@dataclass(frozen=True)
class Turns:
    """The rules; each of them can be broken.

    Args:
        frees_before_looking: the next one stops being it before it looks again.
        looks_for_others: it looks for the rows of others, too.
        goes_on_without_its_own: it does so although its own row was drained meanwhile.
        goes_on_when_full: who has drained as many rows as it may looks for more.
        room: how many rows of others one drain takes.
    """

    frees_before_looking: bool = True
    looks_for_others: bool = True
    goes_on_without_its_own: bool = True
    goes_on_when_full: bool = True
    room: int = 9

    def moves(self, state: State) -> Iterator[State]:
        """Yield what can happen next."""
        for own, process in enumerate(state.processes):
            for rest, now in self._steps(state, own, process):
                processes = (*rest.processes[:own], now, *rest.processes[own + 1 :])
                yield rest._replace(processes=processes)

    def _steps(self, state: State, own: int, process: Process) -> Iterator[Step]:
        match process.at:
            case At.COMMIT:
                yield state._replace(rows=state.rows | {own}), Process(At.LOOK)
            case At.LOOK:
                yield state, self._look(state, own, process)
            case At.ASK if state.turn == NOBODY:
                yield from self._take(state, own, process)
            case At.ASK:
                yield state, process._replace(at=At.ASK_TO_BE_NEXT, rows=NONE)
                # Where many rows wait already, it waits for its own to be gone.
                yield state, process._replace(at=At.LOOK, rows=NONE)
            case At.ASK_TO_BE_NEXT if state.next in (NOBODY, own):
                yield state._replace(next=own), Process(At.WAIT)
            case At.ASK_TO_BE_NEXT:
                yield state, Process(At.END)
            case At.WAIT:
                freed = state._replace(next=NOBODY) if self.frees_before_looking else state
                yield freed, Process(At.LOOK, relied_on=True)
            case At.DRAIN:
                drained = state._replace(rows=state.rows - process.rows)
                yield drained, process._replace(at=At.GIVE, rows=NONE)
            case At.GIVE:
                again = Process(At.LOOK, relied_on=True) if process.full else Process(At.END)
                yield state._replace(turn=NOBODY), again

    def _look(self, state: State, own: int, process: Process) -> Process:
        if own in state.rows or (process.relied_on and self.goes_on_without_its_own):
            return process._replace(at=At.ASK, rows=state.rows)
        return Process(At.END)

    def _take(self, state: State, own: int, process: Process) -> Iterator[Step]:
        taken = state._replace(turn=own, next=NOBODY if state.next == own else state.next)
        for looks in {process.relied_on and self.looks_for_others, self.looks_for_others}:
            # Whoever had to wait a moment ago looks for the rows of others, too.
            others = sorted(process.rows - {own})[: self.room] if looks else []
            full = self.goes_on_when_full and len(others) == self.room
            yield taken, Process(At.DRAIN, (process.rows & {own}) | set(others), full=full)


def left_behind(turns: Turns, count: int) -> tuple[int, Rows]:
    """Return how many states were seen, and the rows that are left at the first end with any.

    Args:
        count: of processes.
    """
    todo = [State((Process(),) * count)]
    seen = set(todo)
    while todo:
        state = todo.pop()
        if state.has_ended and state.rows:
            return len(seen), state.rows
        following = set(turns.moves(state))
        assert following or state.has_ended
        todo += following - seen
        seen |= following
    return len(seen), NONE
