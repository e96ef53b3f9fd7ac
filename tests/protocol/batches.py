"""The steps of a drain and of a loader."""

from collections.abc import Callable, Iterator

from .network import Move, outlive
from .outbox import acknowledge, names, pickable, ripen
from .rules import Op, Rules
from .state import ABSENT, NOTHING, Batch, Generation, Picked, Request, State

Done = tuple[str, State, Batch]
LOST = "is killed, or gives up waiting"


def drain_moves(
    rules: Rules, late: int, refusing: frozenset[Generation], state: State
) -> Iterator[Move]:
    """Yield what the drains can do next.

    Args:
        late: how many requests may be on their way for which nobody waits any more.
        refusing: generations that may answer that they cannot be written.
    """
    for index, drain in enumerate(state.drains):
        name = f"drain {'AB'[index]}"
        ops = rules.drain[drain.step]
        if Op.FINISH not in ops:
            if Op.TARGETS in ops and rules.alias_looked_at and state.searched - state.targets:
                left = _with_drain(state, index, Batch())
                yield f"{name} finds that nothing is written to what is searched, and stops", left
                continue
            # That T passed is of interest only when rows are picked.
            for due, ripe in ripen(rules, state) if Op.PICK in ops else [("", state)]:
                said, after, batch = _run(rules, ripe, ripe.drains[index], ops)
                yield f"{due}{name} {said}", _with_drain(after, index, batch)
            # To be killed here is to never have begun: nobody saw anything of it.
            continue
        yield from _endings(rules, late, refusing, state, index)


def _endings(
    rules: Rules, late: int, refusing: frozenset[Generation], state: State, index: int
) -> Iterator[Move]:
    """Yield how a drain can end that has sent its writes."""
    drain, name = state.drains[index], f"drain {'AB'[index]}"
    if not drain.unanswered or not rules.answers_awaited:
        said, after = acknowledge(rules, state, drain)
        after = _make_up(rules, after, drain)
        for left in outlive(_with_drain(after, index, Batch()), late):
            yield f"{name} {said}", left
        if not rules.acknowledged_at_once:
            # Rows that are written beside those that are deleted are not there yet.
            before = {row.id for row in state.rows}
            rows = tuple(row for row in after.rows if row.id in before)
            half = _with_drain(after._replace(rows=rows), index, Batch())
            for left in outlive(half, late):
                yield f"{name} {said}, and fails in the database half-way", left
    for generation in sorted(drain.unanswered & refusing):
        yield from _refused(rules, late, state, index, generation)
    for left in outlive(_with_drain(state, index, Batch()), late):
        yield f"{name} {LOST}", left
    if not rules.waiting_looks:
        # Its turn is free again, and those whose rows it had picked take them for written.
        picked = {row.id for row in drain.picked}
        rows = tuple(row for row in state.rows if row.id not in picked)
        believed = _with_drain(state._replace(rows=rows), index, Batch())
        for left in outlive(believed, late):
            yield f"{name} {LOST}, and who waited for it deletes {names(picked)}", left


def _refused(
    rules: Rules, late: int, state: State, index: int, generation: Generation
) -> Iterator[Move]:
    """Yield what becomes of a drain that is told that a generation cannot be written."""
    drain = state.drains[index]
    name = f"drain {'AB'[index]} is told that {generation.name.lower()} cannot be written"
    if generation in state.searched or rules.unsearched_vetoes:
        if generation in state.searched and not rules.blocked_waits:
            picked = {row.id for row in drain.picked}
            rows = tuple(row for row in state.rows if row.id not in picked)
            state, name = state._replace(rows=rows), f"{name}, and gives {names(picked)} up"
        # Otherwise nothing becomes of it: it is as if it had failed.
        for left in outlive(_with_drain(state, index, Batch()), late):
            yield name, left
        return
    left = _with_drain(
        state, index, drain._replace(unanswered=drain.unanswered - {generation}, seen=NOTHING)
    )
    if rules.missed_noted:
        left, name = left._replace(missed=drain.tick), f"{name}, and notes it"
    yield name, left


def _make_up(rules: Rules, state: State, drain: Batch) -> State:
    """Forget what the building generation was known to miss, now that it was written."""
    if drain.seen and (drain.seen == state.missed or not rules.newer_misses_stay):
        return state._replace(missed=NOTHING)
    return state


def crash_moves(rules: Rules, late: int, state: State) -> Iterator[Move]:
    """Yield what a crash of the database undoes, where it undoes a tick.

    Otherwise it is nothing but the end of every drain.
    """
    if rules.ticks_survive or all(drain.tick != state.last_tick for drain in state.drains):
        return
    ended = state._replace(drains=(Batch(),) * len(state.drains), last_tick=state.last_tick - 1)
    for left in outlive(ended, late):
        yield f"the database crashes, and has forgotten tick {state.last_tick}", left


def loader_moves(rules: Rules, late: int, state: State) -> Iterator[Move]:
    """Yield what the loader can do next. The object is in the one range that it loads."""
    loader = state.loader
    if loader.step == len(rules.loader):
        return
    ops = rules.loader[loader.step]
    if Op.FINISH not in ops:
        said, after, batch = _run(rules, state, loader, ops)
        yield f"the loader {said}", after._replace(loader=batch)
        return
    idle = Batch(targets=loader.targets)
    if not loader.unanswered:
        done = idle._replace(step=len(rules.loader))
        for left in outlive(state._replace(loader=done), late):
            yield "the loader has done its range", left
    claimed_again = idle._replace(step=1 if rules.loader[0] == (Op.REGISTER,) else 0)
    for left in outlive(state._replace(loader=claimed_again), late):
        yield f"the loader {LOST}; its range is claimed again", left


def _run(rules: Rules, state: State, batch: Batch, ops: tuple[Op, ...]) -> Done:
    """Do the operations of one step, and say what they were."""
    said = []
    for op in ops:
        what, state, batch = _OPERATIONS[op](rules, state, batch)
        said += [what] if what else []
    batch = batch._replace(step=batch.step + 1)
    if batch.picked and rules.drain[batch.step] == (Op.TARGETS,) and _all_have_joined(state):
        # The table of generations changes no more, so that it is the same to read it at once.
        what, state, batch = _run(rules, state, batch, (Op.TARGETS,))
        said.append(what)
    return ", ".join(said), state, batch


def _all_have_joined(state: State) -> bool:
    return state.loader.targets | state.searched <= state.targets and not state.restores


def _register(rules: Rules, state: State, batch: Batch) -> Done:
    return (
        "registers the building generation",
        state._replace(targets=state.targets | batch.targets),
        batch,
    )


def _pick(rules: Rules, state: State, batch: Batch) -> Done:
    rows = pickable(rules, state)
    picked = tuple([Picked(row.id, bool(row.phase)) for row in rows])
    return f"picks {names(row.id for row in rows)}", state, batch._replace(picked=picked)


def _read_targets(rules: Rules, state: State, batch: Batch) -> Done:
    said = f"reads the targets: {_named(state.targets)}"
    return said, state, batch._replace(targets=state.targets)


def _read_missed(rules: Rules, state: State, batch: Batch) -> Done:
    if Generation.BUILDING not in batch.targets or not state.missed:
        return "", state, batch
    said = f"reads that building misses what tick {state.missed} wrote"
    return said, state, batch._replace(seen=state.missed)


def _take_tick(rules: Rules, state: State, batch: Batch) -> Done:
    tick = state.last_tick + 1
    return f"takes tick {tick}", state._replace(last_tick=tick), batch._replace(tick=tick)


def _read(rules: Rules, state: State, batch: Batch) -> Done:
    what = f"content {state.content}" if state.content else "that the object is absent"
    return f"reads {what}", state, batch._replace(content=state.content)


def _write(rules: Rules, state: State, batch: Batch) -> Done:
    gone = batch.content == ABSENT
    # What could undo a delete: documents that were read before it, and may arrive after it.
    documents = {request.id for request in state.in_flight if request.content != ABSENT}
    said, state, batch = _send(state, batch)
    before = frozenset(documents if gone else ())
    return said, state, batch._replace(gone=gone, before=before)


def _load(rules: Rules, state: State, batch: Batch) -> Done:
    if batch.content == ABSENT:
        return "has nothing to send", state, batch
    return _send(state, batch)


def _send(state: State, batch: Batch) -> Done:
    sent = {Request(generation, batch.tick, batch.content) for generation in batch.targets}
    said = f"sends it as version {batch.tick} to {_named(batch.targets)}"
    after = state._replace(in_flight=state.in_flight | sent)
    return said, after, batch._replace(content=NOTHING, unanswered=batch.targets)


_OPERATIONS: dict[Op, Callable[[Rules, State, Batch], Done]] = {
    Op.REGISTER: _register,
    Op.PICK: _pick,
    Op.TARGETS: _read_targets,
    Op.MISSED: _read_missed,
    Op.TICK: _take_tick,
    Op.READ: _read,
    Op.WRITE: _write,
    Op.LOAD: _load,
}


def _with_drain(state: State, index: int, drain: Batch) -> State:
    drains = list(state.drains)
    drains[index] = drain
    return state._replace(drains=tuple(drains))


def _named(targets: frozenset[Generation]) -> str:
    return " and ".join(target.name.lower() for target in sorted(targets)) or "none"
