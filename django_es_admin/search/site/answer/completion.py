"""Complete the beginning of a word with Elasticsearch's completion suggester."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from elasticsearch import dsl

from .results import Suggestion

# If hidden documents have to be left out, this many suggestions are requested.
LOOKED_AT = 100
# Longer prefixes match nothing: a completion field stores only this many characters
# (`max_input_length`).
MAX_PREFIX = 50

_EXACT = "exact"
_UNIQUE = "unique"
_EVERY = "every"


def completing(
    search: "dsl.Search[Any]", field: str, prefix: str, size: int, visible: Sequence[str]
) -> "dsl.Search[Any]":
    """Return a search for suggestions only.

    Args:
        field: the path of the completion field.
        prefix: the typed text.
        visible: the paths of the fields that decide whether a document may be suggested.
    """
    unique: dict[str, Any] = {"field": field, "skip_duplicates": True, "size": size}
    fuzzy = {"fuzziness": "AUTO"}
    # Request both, because the fuzzy one ranks a typo as high as an exact match.
    search = search.suggest(_EXACT, prefix, completion=unique)
    search = search.suggest(_UNIQUE, prefix, completion={**unique, "fuzzy": fuzzy})
    if visible:
        # The suggester cannot filter. By default, it returns only one document for each text, which
        # may be a hidden one. So request duplicates, too.
        search = search.suggest(
            _EVERY, prefix, completion={"field": field, "fuzzy": fuzzy, "size": LOOKED_AT}
        )
    return search.source([*visible, _text_path(field)]).extra(size=0)


def read_completions(
    answer: Mapping[str, Any], field: str, size: int, is_visible: Callable[[Any], bool]
) -> list[Suggestion]:
    """Return at most ``size`` suggestions, each once. Those that begin exactly as typed come first.

    Args:
        is_visible: returns whether a document, with the requested fields, may be suggested.
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
    """Return the whole text, if the completion field stores only its beginning."""
    text = str(option["text"])
    whole = value_at(option.get("_source", {}), _text_path(field))
    return whole if isinstance(whole, str) and whole.startswith(text) else text


def _text_path(field: str) -> str:
    parent, _, _ = field.rpartition(".")
    return parent or field


def value_at(source: Any, path: str) -> Any:
    """Return the value of a document at ``path``; None if there is none."""
    for step in path.split("."):
        source = source.get(step) if isinstance(source, Mapping) else None
    return source
