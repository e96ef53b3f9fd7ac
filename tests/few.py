"""Divides a test of many cases: a few belong to ``make test``, the others to the slow tests."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import pytest


def mark_slow(items: Iterable[pytest.Item]) -> None:
    """Mark the cases that ``pytest.mark.few(count)`` leaves out as slow.

    The cases that stay are always the same. A case that is asked for alone is not slow.
    """
    cases: defaultdict[tuple[str, int], list[pytest.Item]] = defaultdict(list)
    for item in items:
        if mark := item.get_closest_marker("few"):
            [count] = mark.args
            cases[item.nodeid.partition("[")[0], count].append(item)
    for (_test, count), those in cases.items():
        stay = spread(len(those), count)
        for number, item in enumerate(those):
            if number not in stay:
                item.add_marker(pytest.mark.slow)


def spread(cases: int, count: int) -> Sequence[int]:
    """Return ``count`` numbers of cases, the first, the last, and some at equal distances."""
    if count >= cases:
        return range(cases)
    return [round(number * (cases - 1) / max(count - 1, 1)) for number in range(count)]
