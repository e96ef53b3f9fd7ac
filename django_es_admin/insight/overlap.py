"""The similarity of two orders of results."""

from collections.abc import Sequence

PERSISTENCE = 0.9
"""The probability that a user who looks at one result also looks at the next. With this value, the
first ten results have 86 % of the weight."""


def overlap(one: Sequence[str], other: Sequence[str], p: float = PERSISTENCE) -> float:
    """Return the rank-biased overlap of two rankings, extrapolated: 1 if equal, 0 if disjoint.

    "A similarity measure for indefinite rankings" by Webber, Moffat and Zobel (2010), equation 32,
    which is for lists of different lengths. Two empty lists are equal.
    """
    short, long = sorted((one, other), key=len)
    if not short:
        return float(not long)
    s, n = len(short), len(long)
    seen_short: set[str] = set()
    seen_long: set[str] = set()
    common: list[int] = []
    for depth in range(n):
        seen_long.add(long[depth])
        if depth < s:
            seen_short.add(short[depth])
        common.append(len(seen_short & seen_long))
    of_short = common[s - 1]
    total = sum(common[d - 1] / d * p**d for d in range(1, n + 1))
    total += sum(of_short * (d - s) / (s * d) * p**d for d in range(s + 1, n + 1))
    rest = ((common[n - 1] - of_short) / n + of_short / s) * p**n
    return min((1 - p) / p * total + rest, 1.0)
