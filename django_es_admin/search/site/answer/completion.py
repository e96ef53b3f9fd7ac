"""Completions of the beginning of a word: the completion suggester."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from elasticsearch import dsl

from .results import Suggestion

# Where documents that nobody may see have to be left out, so many are looked at for those left.
LOOKED_AT = 100
# Longer ones match nothing: a completion keeps that many characters (`max_input_length`).
MAX_PREFIX = 50

_EXACT = "exact"
_UNIQUE = "unique"
_EVERY = "every"


def completing(
    search: "dsl.Search[Any]", field: str, prefix: str, size: int, visible: Sequence[str]
) -> "dsl.Search[Any]":
    """Return the search for suggestions alone.

    Args:
        field: path of the completion field.
        prefix: what was typed.
        visible: paths of the fields that decide whether a document may be suggested.
    """
    unique: dict[str, Any] = {"field": field, "skip_duplicates": True, "size": size}
    fuzzy = {"fuzziness": "AUTO"}
    # Asked for both, as the fuzzy one puts a typo as high as what was typed.
    search = search.suggest(_EXACT, prefix, completion=unique)
    search = search.suggest(_UNIQUE, prefix, completion={**unique, "fuzzy": fuzzy})
    if visible:
        # The suggester cannot filter. Of documents with the same text it keeps one, which may be
        # hidden where another is not: so those that it would skip are looked at, too.
        search = search.suggest(
            _EVERY, prefix, completion={"field": field, "fuzzy": fuzzy, "size": LOOKED_AT}
        )
    return search.source([*visible, _text_path(field)]).extra(size=0)


def read_completions(
    answer: Mapping[str, Any], field: str, size: int, is_visible: Callable[[Any], bool]
) -> list[Suggestion]:
    """Return at most ``size`` suggestions, what begins as typed first, each once.

    Args:
        is_visible: whether a document, as far as it was asked for, may be suggested.
    """
    found: dict[str, float] = {}
    for option in _options(answer):
        if is_visible(option.get("_source", {})):
            found.setdefault(_whole_text(option, field), option["_score"])
    return [{"text": text, "score": score} for text, score in list(found.items())[:size]]


def _options(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in (_EXACT, _UNIQUE, _EVERY):
        for entry in answer.get("suggest", {}).get(name, ()):
            yield from entry["options"]


def _whole_text(option: Mapping[str, Any], field: str) -> str:
    """Return the text in full, where the completion keeps its beginning only."""
    text = str(option["text"])
    whole = value_at(option.get("_source", {}), _text_path(field))
    return whole if isinstance(whole, str) and whole.startswith(text) else text


def _text_path(field: str) -> str:
    parent, _, _ = field.rpartition(".")
    return parent or field


def value_at(source: Any, path: str) -> Any:
    """Return what a document holds at ``path``; None for nothing."""
    for step in path.split("."):
        source = source.get(step) if isinstance(source, Mapping) else None
    return source
