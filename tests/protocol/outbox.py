"""The rows of the outbox: which are picked, and what becomes of them."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from .network import Move, lose
from .rules import Acknowledged, FirstDelete, Rules, SecondDelete
from .state import Batch, Phase, Row, State


def owed(rules: Rules, state: State) -> list[Row]:
    """Return the rows that a drain will pick, now or after T."""
    return [row for row in state.rows if row.phase or not rules.cursor or row.id > state.cursor]


def pickable(rules: Rules, state: State) -> list[Row]:
    """Return the rows that a drain picks now.

    No lease keeps a drain off: the one that holds it may be alive when it expires.
    """
    return [row for row in owed(rules, state) if row.phase is not Phase.WAITING]


def ripen(rules: Rules, state: State) -> Iterator[Move]:
    """Yield the states in which there is something to pick: T passed for any rows, or none.

    Nobody can tell that T passed until a row is picked, so that it passes no earlier than that.
    What the rows waited for is dead then.
    """
    waiting = [row for row in state.rows if row.phase is Phase.WAITING]
    for count in range(len(waiting) + 1):
        for due in combinations(waiting, count):
            dead = {request for row in due for request in row.waits_for}
            later = lose(state, frozenset(r for r in state.in_flight if r.id in dead))
            rows = [Row(row.id, Phase.DUE) if row.id in _ids(due) else row for row in later.rows]
            later = later._replace(rows=tuple(rows))
            if pickable(rules, later):
                yield f"T passes for {names(_ids(due))}; " if due else "", later


def acknowledge(rules: Rules, state: State, drain: Batch) -> Move:
    """Delete the rows of a batch, and see to it that a first delete is followed by a second."""
    picked = {row.id for row in drain.picked}
    deletable = picked
    if rules.acknowledged is Acknowledged.UP_TO_HIGHEST:
        deletable = {row.id for row in state.rows if row.id <= max(picked)}
    elif rules.acknowledged is Acknowledged.ALL_OF_THE_OBJECT:
        deletable = _ids(state.rows)
    firsts = _firsts(rules, state, drain)
    waiting = {FirstDelete.ALL_STAY: firsts, FirstDelete.NEWEST_STAYS: firsts[-1:]}.get(
        rules.first_delete, []
    )
    rows = []
    for row in state.rows:
        if row.id in waiting:
            rows.append(_wait(rules, row.id, drain))
        elif row.id not in deletable:
            rows.append(row)
    done = _ids(state.rows) - _ids(rows)
    said = [f"deletes {names(done)}"] if done else []
    last_id = state.last_id
    if firsts and rules.first_delete is FirstDelete.NEW_ROW:
        last_id += 1
        waiting = [last_id]
        rows.append(_wait(rules, last_id, drain))
    if waiting:
        said.append(f"leaves {names(waiting)} for a second delete")
    cursor = max(state.cursor, *picked) if rules.cursor else 0
    after = state._replace(rows=tuple(rows), last_id=last_id, cursor=cursor)
    return " and ".join(said) or "finds its rows deleted", after


def names(ids: Iterable[int]) -> str:
    """Return what people call these rows."""
    listed = ", ".join(map(str, sorted(ids)))
    return f"rows {listed}" if "," in listed else f"row {listed}"


def _firsts(rules: Rules, state: State, drain: Batch) -> list[int]:
    """Return the rows of a batch for which a delete was sent, but not the second one."""
    if not drain.gone:
        return []
    match rules.second_delete:
        case SecondDelete.DUE_WHEN_PICKED:
            second = {row.id for row in drain.picked if row.again}
        case SecondDelete.DUE_WHEN_ACKNOWLEDGED:
            second = {row.id for row in state.rows if row.phase is not Phase.FRESH}
        case SecondDelete.ANY_OTHER_IS_DUE:
            again = any(row.again for row in drain.picked)
            second = {row.id for row in drain.picked if again}
    return [row.id for row in drain.picked if row.id not in second]


def _wait(rules: Rules, number: int, drain: Batch) -> Row:
    if rules.second_waits:
        return Row(number, Phase.WAITING, drain.before)
    return Row(number, Phase.DUE)


def _ids(rows: Iterable[Row]) -> set[int]:
    return {row.id for row in rows}
