"""Metrics for an order of results, calculated from the grades of judged results.

The definitions are those of trec_eval: a result that is not judged has grade 0, and the gain is the
grade.
"""

from collections.abc import Mapping, Sequence
from math import log2

RELEVANT = 1
"""The lowest grade of a relevant result."""


def precision(found: Sequence[str], grades: Mapping[str, int], size: int = 10) -> float:
    """Return the share of relevant results among the first ``size``; missing results count as not.

    Args:
        found: keys, best first.
        grades: key -> grade.
    """
    return sum(grades.get(key, 0) >= RELEVANT for key in found[:size]) / size


def reciprocal_rank(found: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return 1 divided by the rank of the first relevant result; 0 if there is none."""
    for rank, key in enumerate(found, start=1):
        if grades.get(key, 0) >= RELEVANT:
            return 1 / rank
    return 0.0


def ndcg(found: Sequence[str], grades: Mapping[str, int], size: int = 10) -> float:
    """Return the discounted cumulative gain, divided by that of the ideal order.

    The ideal order contains all judged results, whether they are found or not. The result is 0 if
    none is relevant.
    """
    ideal = _gain(sorted(grades.values(), reverse=True)[:size])
    return _gain([grades.get(key, 0) for key in found[:size]]) / ideal if ideal else 0.0


def _gain(grades: Sequence[int]) -> float:
    return sum(grade / log2(rank + 1) for rank, grade in enumerate(grades, start=1))
