"""The parts of a score, from Elasticsearch's explanation."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .reason import ScorePart

MOST_PARTS = 8

_WEIGHT = re.compile(r"weight\((?:Synonym\()?([^:()\s]+):(.+?)\)? in \d+\)")


def score_parts(explanation: Mapping[str, Any]) -> tuple[ScorePart, ...]:
    """Return the parts of a score, the largest first: words in fields, and constant amounts.

    If a word is searched several times, its largest amount counts. So the parts show what is
    important, but may not add up to the score.
    """
    best: dict[tuple[str, str], float] = {}
    for part in _walk(explanation):
        place = part.field, part.term
        best[place] = max(best.get(place, 0.0), part.value)
    parts = [ScorePart(*place, value) for place, value in best.items() if value > 0]
    return tuple(sorted(parts, key=lambda part: -part.value)[:MOST_PARTS])


def _walk(explanation: Mapping[str, Any]) -> Iterator[ScorePart]:
    text, value = str(explanation["description"]), float(explanation["value"])
    if found := _WEIGHT.match(text):
        yield ScorePart(found[1], found[2], value)
        return
    if text.startswith("ConstantScore("):
        yield ScorePart("", _constant(text), value)
        return
    for inner in explanation.get("details", ()):
        yield from _walk(inner)


def _constant(text: str) -> str:
    return text.removeprefix("ConstantScore(").rpartition(")")[0][:200]
