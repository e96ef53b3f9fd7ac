"""Decide which parts of a document are shown if the database answers instead of Elasticsearch."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any


def prune(
    document: Mapping[str, Any], includes: Sequence[str], excludes: Sequence[str]
) -> dict[str, Any]:
    """Return a document with the paths that the patterns include and do not exclude.

    This works as Elasticsearch's source filtering: without ``includes`` everything is included, and
    the name of an object includes the whole object.
    """
    return _prune(document, includes or ("*",), excludes, "")


def is_left_out(path: str, excludes: Sequence[str]) -> bool:
    """Return whether a field, or an object that contains it, is excluded."""
    steps = path.split(".")
    return any(_matches(".".join(steps[:end]), excludes) for end in range(1, len(steps) + 1))


def _prune(
    document: Mapping[str, Any], includes: Sequence[str], excludes: Sequence[str], path: str
) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in document.items():
        at = f"{path}.{name}" if path else name
        if _matches(at, excludes):
            continue
        included = _matches(at, includes)
        below = ("*",) if included else includes
        if isinstance(value, Mapping):
            if (inner := _prune(value, below, excludes, at)) or included:
                kept[name] = inner
        elif isinstance(value, list):
            items = [
                _prune(item, below, excludes, at) if isinstance(item, Mapping) else item
                for item in value
                if included or isinstance(item, Mapping)
            ]
            if included or any(items):
                kept[name] = items
        elif included:
            kept[name] = value
    return kept


def _matches(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)
