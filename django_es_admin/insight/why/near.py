"""Which words are similar enough for Elasticsearch's typo tolerance."""

import re
from collections.abc import Iterable

from ...search.text.query import PREFIX_LENGTH

_AUTO = re.compile(r"AUTO(?::(\d+),(\d+))?", re.I)


def allowed(fuzziness: str | int, word: str) -> int:
    """Return how many letters of a word may differ.

    Args:
        fuzziness: the fuzziness in Elasticsearch's terms, see "Fuzziness" in its reference.
    """
    if found := _AUTO.fullmatch(str(fuzziness)):
        low, high = (int(found[1]), int(found[2])) if found[1] else (3, 6)
        return 0 if len(word) < low else 1 if len(word) < high else 2
    return int(fuzziness)


def distance(one: str, other: str, most: int) -> int:
    """Return how many letters differ, counting a swap of two as one; ``most`` + 1 if more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        this = [row]
        for column, there in enumerate(other, start=1):
            cost = min(last[column] + 1, this[column - 1] + 1, last[column - 1] + (letter != there))
            swapped = row > 1 < column and letter == other[column - 2] and one[row - 2] == there
            this.append(min(cost, before[column - 2] + 1) if swapped else cost)
        if min(this) > most:
            return most + 1
        before, last = last, this
    return last[-1]


def nearest(word: str, tokens: Iterable[str], most: int) -> tuple[str, int] | None:
    """Return the most similar token to a word, and the distance; None if none is similar enough."""
    found: tuple[str, int] | None = None
    for token in tokens:
        far = distance(word, token, most)
        if far <= most and (found is None or far < found[1]):
            found = token, far
    return found


def is_forgiven(word: str, token: str, fuzziness: str | int) -> bool:
    """Return whether a search for ``word`` matches ``token``."""
    most = allowed(fuzziness, word)
    if word == token:
        return True
    begins = word[:PREFIX_LENGTH] == token[:PREFIX_LENGTH]
    return bool(most) and begins and distance(word, token, most) <= most
