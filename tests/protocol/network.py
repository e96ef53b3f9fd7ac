"""Requests on their way, and Elasticsearch, which answers them."""

from collections.abc import Iterator
from itertools import combinations

from .state import ABSENT, Batch, Document, Generation, Request, State

Move = tuple[str, State]


def request_moves(
    state: State, broken: frozenset[Generation], *, versioned: bool
) -> Iterator[Move]:
    """Yield what can become of the requests on their way.

    One stays on its way after it was applied: it may be repeated. One that is lost is one that is
    never applied, and its sender gives up.

    Args:
        broken: generations that never take anything.
        versioned: whether a generation refuses what is older than what it holds.
    """
    for request in state.in_flight:
        if request.generation in broken:
            continue
        held = state.documents[request.generation]
        what = f"version {request.tick}, {'content ' if request.content else 'the delete'}"
        what = f"{what}{request.content or ''}"
        where = request.generation.name.lower()
        answered = _answer(state, request)
        accepted = _store(answered, request)
        if not versioned or request.tick >= held.version:
            yield f"{where} accepts {what}", accepted
        else:
            yield f"{where} refuses {what}", answered
            if held.content == ABSENT:
                # Only a late write can tell whether a delete was forgotten, so that it is
                # forgotten no earlier than that.
                yield f"{where} has forgotten the delete, and accepts {what}", accepted


def outlive(state: State, late: int) -> Iterator[State]:
    """Yield what may be left of the requests that nobody waits for any more.

    All of them, if they are no more than ``late``. With fewer there is nothing more to see: a
    request on its way may as well never arrive.
    """
    awaited = {batch.tick for batch in (*state.drains, state.loader)}
    orphans = [request for request in state.in_flight if request.tick not in awaited]
    if len(orphans) <= late:
        yield state
    else:
        for lost in combinations(orphans, len(orphans) - late):
            yield lose(state, frozenset(lost))


def lose(state: State, requests: frozenset[Request]) -> State:
    """Take away requests that will not be applied any more."""
    if not requests:
        return state
    ids = {request.id for request in requests}
    return state._replace(
        in_flight=state.in_flight - requests,
        rows=tuple([row._replace(waits_for=row.waits_for - ids) for row in state.rows]),
        drains=tuple([drain._replace(before=drain.before - ids) for drain in state.drains]),
    )


def _answer(state: State, request: Request) -> State:
    for index, drain in enumerate(state.drains):
        if drain.tick == request.tick:
            drains = list(state.drains)
            drains[index] = _without(drain, request)
            return state._replace(drains=tuple(drains))
    if state.loader.tick == request.tick:
        return state._replace(loader=_without(state.loader, request))
    return state


def _without(batch: Batch, request: Request) -> Batch:
    return batch._replace(unanswered=batch.unanswered - {request.generation})


def _store(state: State, request: Request) -> State:
    documents = list(state.documents)
    documents[request.generation] = Document(request.tick, request.content)
    return state._replace(documents=tuple(documents))
