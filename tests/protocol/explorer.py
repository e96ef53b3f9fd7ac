"""Visit every state that can be reached, the near ones first."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .rules import Rules
from .state import Key, State, key
from .world import World, come_to_rest, is_at_rest, is_wrong, nothing_is_owed


@dataclass(frozen=True)
class LostUpdate:
    """How an update is lost.

    Args:
        steps: what happened, in the fewest steps.
        end: what is left in the end.
    """

    steps: tuple[str, ...]
    end: State

    def __str__(self) -> str:
        return "\n".join(f"{number:3}. {step}" for number, step in enumerate(self.steps, 1))


@dataclass(frozen=True)
class Exploration:
    """What was found.

    Args:
        states: how many were visited: all, unless an update is lost.
        rests: those in which all transactions were made, and nothing is owed: the object is there
            or not, and the generations are right.
        seconds: of the processor's time.
    """

    states: int
    rests: int
    seconds: float
    lost: LostUpdate | None


def explore(rules: Rules, world: World) -> Exploration:
    """Visit the states of ``world`` under ``rules`` until one is wrong and stays so."""
    with _no_garbage_collection():
        return _Explorer(rules, world).explore()


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    # Tuples of tuples make no garbage, but the collector would look through all of them often.
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Explorer:
    def __init__(self, rules: Rules, world: World) -> None:
        self.rules = rules
        self.world = world
        self.parents: dict[Key, Key | None] = {}
        self.rests = 0

    def explore(self) -> Exploration:
        started = time.process_time()
        lost = None
        level = [(key(state), state) for state in self.world.beginnings(self.rules)]
        self.parents.update((found, None) for found, _ in level)
        while level and lost is None:
            level, lost = self._next(level)
        return Exploration(len(self.parents), self.rests, time.process_time() - started, lost)

    def _next(
        self, level: list[tuple[Key, State]]
    ) -> tuple[list[tuple[Key, State]], LostUpdate | None]:
        """Visit the states that are one step further."""
        further = []
        # Most states are reached in several ways at once; to compare them is cheaper than keys.
        same = set()
        for parent, state in level:
            for _, after in self.world.moves(self.rules, state):
                if after in same:
                    continue
                same.add(after)
                found = key(after)
                if found in self.parents:
                    continue
                self.parents[found] = parent
                further.append((found, after))
                if nothing_is_owed(self.rules, after):
                    if is_wrong(after):
                        return [], self._explain(found)
                    self.rests += not after.budget
        return further, None

    def _explain(self, found: Key) -> LostUpdate:
        """Walk from the beginning to a wrong state once more, and say how."""
        path: list[Key] = []
        step: Key | None = found
        while step is not None:
            path.append(step)
            step = self.parents[step]
        path.reverse()
        state = next(s for s in self.world.beginnings(self.rules) if key(s) == path[0])
        steps = [f"the object {'is there, and indexed' if state.content else 'is not there'}"]
        for wanted in path[1:]:
            moves = self.world.moves(self.rules, state)
            said, state = next((said, after) for said, after in moves if key(after) == wanted)
            steps.append(said)
        end = come_to_rest(state)
        if end != state:
            steps.append("every process is killed, and every request is lost")
        assert is_at_rest(self.rules, end)
        steps.append(f"left: {_describe(end)}")
        return LostUpdate(tuple(steps), end)


def _describe(state: State) -> str:
    found = {"the database": state.content}
    found |= {each.name.lower(): state.documents[each].content for each in state.concerned}
    return ", ".join(
        f"{name} has {f'content {content}' if content else 'nothing'}"
        for name, content in found.items()
    )
