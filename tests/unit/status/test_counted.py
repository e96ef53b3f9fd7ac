"""Whose documents are counted: a bounded number of indices, however many the cluster has."""

import pytest

from django_es_admin.indices.live import LiveIndex, LiveIndices
from django_es_admin.status.answers import MOST_OTHERS, _to_count


def index(name: str, *aliases: str, is_open: bool = True) -> LiveIndex:
    return LiveIndex(name, {alias: {} for alias in aliases}, "green", is_open, False, None, 1, {})


@pytest.mark.parametrize("others", [0, 1, MOST_OTHERS, MOST_OTHERS + 1, 20_000])
def test_other_indices(others: int) -> None:
    every = [index(f"logs-{number}") for number in range(others)]
    every += [index("products-20261121072512-3f9a", "products"), index("closed", is_open=False)]
    live = LiveIndices({each.name: each for each in every})
    counted = _to_count(live, frozenset({"products"}), None)
    assert "products-20261121072512-3f9a" in counted
    assert "closed" not in counted
    assert len(counted) == min(others, MOST_OTHERS) + 1
    # A page of one index asks for that one.
    assert len(_to_count(live, frozenset({"products"}), frozenset({"logs-0"}))) <= 2
