"""No interleaving of the outbox's protocol loses an update, and each broken rule loses one."""

import re
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.explorer import explore
from tests.protocol.mutants import MUTANTS, Mutant
from tests.protocol.rules import OURS
from tests.protocol.state import Key, State, key
from tests.protocol.world import is_at_rest, is_wrong, nothing_is_owed
from tests.protocol.worlds import PROOFS, Proof

DOCUMENT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
STATES_COMPARED = 5_000
PAIRS_COMPARED = 2_000


def divided(protocols: Sequence[Proof | Mutant], *slow: str) -> list[Any]:
    """Leave the largest models, most of all the time, to the slow tests."""
    large = {proof.name for proof in PROOFS if proof.large} | set(slow)
    return [
        pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one.name in large else [])
        for one in protocols
    ]


@pytest.mark.in_ci
@pytest.mark.parametrize("proof", divided(PROOFS))
def test_no_update_is_lost(proof: Proof) -> None:
    found = explore(proof.rules, proof.world)
    assert found.lost is None, str(found.lost)
    assert found.rests > 0
    assert f"\n| {proof.name} | {found.states:,} |" in DOCUMENT


@pytest.mark.few(12)
@pytest.mark.parametrize(
    "mutant",
    divided(MUTANTS, "a drain that writes a missed change deletes newer records, too"),
)
def test_each_broken_rule_loses_an_update(mutant: Mutant) -> None:
    found = explore(mutant.rules, mutant.world)
    lost = found.lost
    if mutant.stuck:
        assert (lost, found.rests) == (None, 0)
        assert explore(OURS, mutant.world).rests > 0
        return
    assert lost is not None
    assert is_at_rest(mutant.rules, lost.end)
    assert is_wrong(lost.end)
    assert str(lost).startswith("  1. the object is")
    assert f"{len(lost.steps)}. left: the database has" in str(lost)


# Where transactions are open side by side, the order of ids counts: the hardest part of a key.
# So it does where a generation misses something, and where the table of generations changes.
COMPARED = [
    *PROOFS[:2],
    *[proof for proof in PROOFS if proof.world.refusing or proof.world.restores],
    *[mutant for mutant in MUTANTS if mutant.world.writers > 1],
]


@pytest.mark.few(4)
@pytest.mark.parametrize("protocol", divided(COMPARED))
def test_states_that_are_taken_for_the_same_have_the_same_future(
    protocol: Proof | Mutant,
) -> None:
    rules, world = protocol.rules, protocol.world

    def future(state: State) -> tuple[bool, bool, set[Key]]:
        following = {key(after) for _, after in world.moves(rules, state)}
        return is_wrong(state), nothing_is_owed(rules, state), following

    first = {key(state): state for state in world.beginnings(rules)}
    todo = deque(first.values())
    doubles = []
    while todo and len(first) < STATES_COMPARED:
        for _, after in world.moves(rules, todo.popleft()):
            found = key(after)
            if found not in first:
                first[found] = after
                todo.append(after)
            elif first[found] != after:
                doubles.append((first[found], after))
    assert doubles
    for one, other in doubles[:: max(1, len(doubles) // PAIRS_COMPARED)]:
        assert future(one) == future(other)


def test_the_document_names_each_broken_rule() -> None:
    rows = re.findall(r"^\| (.+?) \| .+ \|$", DOCUMENT, re.MULTILINE)
    rules = rows[rows.index("broken rule") + 2 :]
    assert rules == [mutant.name for mutant in MUTANTS]
