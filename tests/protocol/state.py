"""What one moment of the modelled world is made of, and which moments are the same."""

from enum import IntEnum
from typing import NamedTuple

ABSENT = 0  # the content of an object, or of a document, that is not there
NOTHING = 0  # no version; no tick


class Generation(IntEnum):
    """The generations that there may be."""

    LIVE = 0
    BUILDING = 1


class Phase(IntEnum):
    """What an outbox row waits for."""

    FRESH = 0  # a drain
    WAITING = 1  # a delete was sent; T has to pass
    DUE = 2  # a drain, to delete once more


class RequestId(NamedTuple):
    """Names a request: a batch, told by its tick, writes once to each generation."""

    generation: Generation
    tick: int


class Row(NamedTuple):
    """A committed row of the outbox.

    Args:
        waits_for: writes that were on their way when its delete was sent: after T they are dead.
    """

    id: int
    phase: Phase = Phase.FRESH
    waits_for: frozenset[RequestId] = frozenset()


class Picked(NamedTuple):
    """A row as a drain saw it."""

    id: int
    again: bool


class Batch(NamedTuple):
    """What a drain, or the loader, is at.

    Args:
        step: the next step of its program.
        targets: generations to write to.
        content: what was read, until it is written.
        gone: the object was absent when it was read.
        unanswered: generations that were written to, and did not answer yet.
        before: documents that were on their way when a delete was sent.
        seen: the tick of what the building generation was known to miss before; forgotten in the
            end, unless it misses something else by then.
    """

    step: int = 0
    picked: tuple[Picked, ...] = ()
    targets: frozenset[Generation] = frozenset()
    tick: int = NOTHING
    content: int = ABSENT
    gone: bool = False
    unanswered: frozenset[Generation] = frozenset()
    before: frozenset[RequestId] = frozenset()
    seen: int = NOTHING


class Document(NamedTuple):
    """What a generation knows of the object; absent with a version is a remembered delete."""

    version: int = NOTHING
    content: int = ABSENT


class Request(NamedTuple):
    """A write that was sent: it may be applied at any time, again and again, or never."""

    generation: Generation
    tick: int
    content: int

    @property
    def id(self) -> RequestId:
        """Its name."""
        return RequestId(self.generation, self.tick)


class State(NamedTuple):
    """One moment.

    Args:
        content: of the object in the database.
        documents: of the object, by generation.
        targets: the table of generations.
        budget: transactions that may begin yet.
        changes: how many contents there were; each change makes one never seen before.
        open: ids of the rows of open transactions.
        uncaptured: ids of the rows that are still to be written, where that is done after the
            commit.
        in_flight: requests that may be applied yet.
        last_tick: the counter.
        last_id: the outbox's sequence.
        cursor: the highest id that was acknowledged, for rules that believe in such.
        searched: where the alias points.
        missed: tick of the last write that the building generation could not take, and that is to
            be made up for before it is searched.
        restores: how often the table of generations may be emptied yet.
    """

    content: int
    documents: tuple[Document, ...]
    targets: frozenset[Generation]
    drains: tuple[Batch, ...]
    loader: Batch
    budget: int
    changes: int = 1
    open: tuple[int, ...] = ()
    uncaptured: tuple[int, ...] = ()
    rows: tuple[Row, ...] = ()
    in_flight: frozenset[Request] = frozenset()
    last_tick: int = 1
    last_id: int = 0
    cursor: int = 0
    searched: frozenset[Generation] = frozenset()
    missed: int = NOTHING
    restores: int = 0

    @property
    def concerned(self) -> frozenset[Generation]:
        """The generations that are written to, or should be."""
        return self.targets | self.searched


Key = tuple[object, ...]


def key(state: State) -> Key:
    """Return a value that is equal for states from which the same can happen.

    Ticks and ids matter by their order alone, contents by whether they are the database's, and
    the drains run the same program.
    """
    now = state.content
    ticks = {NOTHING, state.loader.tick, state.missed}
    ticks.update([document.version for document in state.documents])
    ticks.update([request.tick for request in state.in_flight])
    ticks.update([drain.tick for drain in state.drains])
    ticks.update([drain.seen for drain in state.drains])
    rank = {tick: number for number, tick in enumerate(sorted(ticks))}
    ids = {state.cursor, *state.open, *state.uncaptured}
    ids.update([row.id for row in state.rows])
    ids.update([picked.id for drain in state.drains for picked in drain.picked])
    place = {number: order for order, number in enumerate(sorted(ids))}

    def written(tick: int, content: int) -> int:
        return 3 * rank[tick] + (content and 1 + (content == now))

    def named(requests: frozenset[RequestId]) -> Key:
        return tuple(sorted([(r.generation, rank[r.tick]) for r in requests])) if requests else ()

    def doing(batch: Batch) -> Key:
        if not batch.step:
            return ()
        return (
            batch.step,
            rank[batch.tick],
            tuple([(place[picked.id], picked.again) for picked in batch.picked]),
            tuple(sorted(batch.targets)),
            batch.content and 1 + (batch.content == now),
            batch.gone,
            tuple(sorted(batch.unanswered)),
            named(batch.before),
            rank[batch.seen],
        )

    return (
        now != ABSENT,
        tuple([written(*document) for document in state.documents]),
        tuple(sorted(state.targets)),
        tuple(sorted([doing(drain) for drain in state.drains])),
        doing(state.loader),
        state.budget,
        tuple([place[number] for number in state.open]),
        tuple([place[number] for number in state.uncaptured]),
        tuple([(place[row.id], row.phase, named(row.waits_for)) for row in state.rows]),
        tuple(sorted([(r.generation, written(r.tick, r.content)) for r in state.in_flight])),
        place[state.cursor],
        rank[state.missed],
        state.restores,
    )
