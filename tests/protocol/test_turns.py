"""Whoever leaves its row to another process finds it drained, in whatever order they go on."""

import pytest

from tests.protocol.turns import Turns, left_behind


@pytest.mark.in_ci
@pytest.mark.parametrize(
    ("processes", "room"), [(3, 9), (3, 1), pytest.param(4, 9, marks=[pytest.mark.slow])]
)
def test_no_row_is_left_behind(processes: int, room: int) -> None:
    states, rows = left_behind(Turns(room=room), processes)
    assert not rows
    assert states > 500


@pytest.mark.parametrize(
    "broken",
    [
        Turns(frees_before_looking=False),
        Turns(looks_for_others=False),
        Turns(goes_on_without_its_own=False),
        Turns(goes_on_when_full=False, room=1),
    ],
    ids=str,
)
def test_each_broken_rule_leaves_a_row(broken: Turns) -> None:
    _, rows = left_behind(broken, 3)
    assert rows
