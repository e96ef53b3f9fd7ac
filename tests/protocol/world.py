"""All that can happen, and what must not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from .batches import crash_moves, drain_moves, loader_moves
from .network import Move, request_moves
from .outbox import owed
from .rules import Rules
from .state import ABSENT, Batch, Document, Generation, Row, State


@dataclass(frozen=True)
class World:
    """How much of the world is looked at.

    Generations do not know of each other: all that one does to another is to make a drain fail,
    and any drain may fail. So a world with one of them shows nearly all that there is to see.

    Args:
        generations: those that there are; the building one is registered and loaded meanwhile.
        transactions: how many there are at most.
        writers: how many of them are open at a time. With one writer a transaction is one step.
        drains: how many run at a time; each begins anew without end.
        late: requests on their way for which nobody waits any more, at most.
        loaded: whether the building generation is loaded already, as a standby is.
        refusing: generations that answer, now and then, that they cannot be written: blocked,
            closed, busy, or without shards.
        broken: those of them that never take anything.
        restores: how often the table of generations is emptied, as by a backup that is restored.
            Somebody registers again then what is searched.
    """

    generations: frozenset[Generation] = field(default=frozenset({Generation.LIVE}))
    transactions: int = 2
    writers: int = 1
    drains: int = 2
    late: int = 1
    loaded: bool = False
    refusing: frozenset[Generation] = frozenset()
    broken: frozenset[Generation] = frozenset()
    restores: int = 0

    def beginnings(self, rules: Rules) -> Iterator[State]:
        """Yield the first states: an object that is not there, and one that is indexed."""
        building = frozenset() if self.loaded else self.generations & {Generation.BUILDING}
        searched = self.generations & {Generation.LIVE}
        for content in (ABSENT, 1):
            indexed = Document(1, content) if content else Document()
            live = indexed if Generation.LIVE in self.generations else Document()
            yield State(
                content=content,
                documents=(live, indexed if self.loaded else Document()),
                targets=self.generations - building,
                drains=(Batch(),) * self.drains,
                loader=Batch(0 if building else len(rules.loader), targets=building),
                budget=self.transactions,
                searched=searched,
                restores=self.restores,
            )

    def moves(self, rules: Rules, state: State) -> Iterator[Move]:
        """Yield what can happen next: a sentence, and the state that it leads to."""
        return chain(
            self._transactions(rules, state),
            drain_moves(rules, self.late, self.refusing, state),
            crash_moves(rules, self.late, state),
            loader_moves(rules, self.late, state),
            request_moves(state, self.broken, versioned=rules.versioned),
            self._restorations(state),
        )

    def _restorations(self, state: State) -> Iterator[Move]:
        if state.restores:
            emptied = state._replace(targets=frozenset(), restores=state.restores - 1)
            yield "the table of generations is restored, and empty", emptied
        unknown = state.searched - state.targets
        if unknown:
            registered = state._replace(targets=state.targets | unknown)
            yield "somebody registers what is searched", registered

    def _transactions(self, rules: Rules, state: State) -> Iterator[Move]:
        # No lock makes a writer wait for the other: a document is made of many rows, a product's
        # and its tags', so that two transactions may change it at a time, and the one that took
        # its outbox id first may commit last.
        if state.budget and len(state.open) < self.writers:
            number = state.last_id + 1
            begun = state._replace(budget=state.budget - 1, last_id=number)
            if self.writers == 1:
                yield from _commits(rules, begun, number)
            else:
                opened = begun._replace(open=(*state.open, number))
                yield f"a transaction takes outbox id {number}", opened
        for number in state.open:
            ended = state._replace(open=_without(state.open, number))
            yield f"the transaction of id {number} rolls back", ended
            yield from _commits(rules, ended, number)
        for number in state.uncaptured:
            rest = state._replace(uncaptured=_without(state.uncaptured, number))
            yield f"row {number} is written", _with_row(rest, number)
            yield f"the process that should write row {number} is killed", rest


def nothing_is_owed(rules: Rules, state: State) -> bool:
    """Whether nothing that outlives its process is going to write the object again."""
    loaded = state.loader.step == len(rules.loader)
    joined = bool(state.loader.targets & state.targets)
    loading = not loaded and (state.loader.step > 0 or joined)
    return not loading and not state.uncaptured and not owed(rules, state)


def is_wrong(state: State) -> bool:
    """Whether a generation that is written to differs from the database."""
    # What a generation is known to miss, it gets before it is searched.
    known = {Generation.BUILDING} if state.missed else frozenset()
    concerned = state.concerned - known
    return any(state.documents[target].content != state.content for target in concerned)


def come_to_rest(state: State) -> State:
    """Return what is left when every process is killed, and every request lost."""
    return state._replace(
        budget=0, open=(), drains=(Batch(),) * len(state.drains), in_flight=frozenset()
    )


def is_at_rest(rules: Rules, state: State) -> bool:
    """Whether nothing is going to happen any more."""
    drains = any(drain != Batch() for drain in state.drains)
    busy = state.budget or state.open or state.in_flight or drains
    return not busy and nothing_is_owed(rules, state)


def _commits(rules: Rules, state: State, number: int) -> Iterator[Move]:
    content = state.changes + 1
    saved = state._replace(content=content, changes=content)
    yield f"a transaction commits content {content} and row {number}", _note(rules, saved, number)
    deleted = state._replace(content=ABSENT)
    yield f"a transaction commits a delete and row {number}", _note(rules, deleted, number)


def _note(rules: Rules, state: State, number: int) -> State:
    if rules.captured_with_change:
        return _with_row(state, number)
    return state._replace(uncaptured=(*state.uncaptured, number))


def _with_row(state: State, number: int) -> State:
    return state._replace(rows=tuple(sorted((*state.rows, Row(number)))))


def _without(numbers: tuple[int, ...], number: int) -> tuple[int, ...]:
    return tuple([other for other in numbers if other != number])
