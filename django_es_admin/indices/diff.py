"""How the mapping that is declared differs from the one that is live."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What Elasticsearch leaves out of a mapping that it gives back, as it is the default.
_DEFAULTS: Mapping[str, Any] = {
    "coerce": True,
    "doc_values": True,
    "dynamic": "true",
    "enabled": True,
    "ignore_malformed": False,
    "ignore_z_value": True,
    "index": True,
    "norms": True,
    "null_value": None,
    "preserve_separators": True,
    "store": False,
    "eager_global_ordinals": False,
    "split_queries_on_whitespace": False,
    "include_in_parent": False,
    "include_in_root": False,
}
# Types for which it gives back parameters that nobody set.
_FILLED_IN = frozenset(("completion", "dense_vector", "semantic_text", "sparse_vector"))
# "Update mapping API" in the Elasticsearch reference: what may change while the index is in use.
_CHANGEABLE = frozenset(
    ("ignore_above", "search_analyzer", "search_quote_analyzer", "dynamic", "eager_global_ordinals",
     "split_queries_on_whitespace", "meta", "coerce", "ignore_malformed", "boost")
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One place where two mappings differ.

    Args:
        path: the field, ``"category.name"``; a multi-field is ``"name.raw"``.
        declared: its definition in the code, without its sub-fields; None if it has none there.
        live: the same in the cluster.
        needs_rebuild: False where it can be changed in place.
    """

    path: str
    declared: Mapping[str, Any] | None
    live: Mapping[str, Any] | None
    needs_rebuild: bool


def flatten(mappings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return path -> definition of each field of a mapping, sub-fields under paths of their own.

    Args:
        mappings: as ``GET index/_mapping`` gives it, with ``properties``.
    """
    flat: dict[str, dict[str, Any]] = {}
    _flatten(mappings.get("properties", {}), "", flat)
    return flat


def _flatten(fields: Mapping[str, Any], prefix: str, flat: dict[str, dict[str, Any]]) -> None:
    for name, definition in fields.items():
        path = f"{prefix}{name}"
        inner = {**definition.get("properties", {}), **definition.get("fields", {})}
        own = {
            key: value
            for key, value in definition.items()
            if key not in ("properties", "fields")
            and not (key in _DEFAULTS and _same(value, _DEFAULTS[key]))
        }
        own.setdefault("type", "object")
        flat[path] = own
        _flatten(inner, f"{path}.", flat)


def _same(one: Any, other: Any) -> bool:
    return one == other or str(one).lower() == str(other).lower()


def compare_mappings(
    declared: Mapping[str, Any], live: Mapping[str, Any]
) -> tuple[Difference, ...]:
    """Return where the declared and the live mapping differ, by path."""
    here, there = flatten(declared), flatten(live)
    differences = []
    for path in sorted(here.keys() | there.keys()):
        ours, theirs = here.get(path), there.get(path)
        if ours is None or theirs is None or not _equal(ours, theirs):
            differences.append(Difference(path, ours, theirs, _needs_rebuild(ours, theirs)))
    return tuple(differences)


def _equal(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    if ours["type"] in _FILLED_IN:
        theirs = {key: value for key, value in theirs.items() if key in ours}
    return ours.keys() == theirs.keys() and all(_same(ours[key], theirs[key]) for key in ours)


def _needs_rebuild(ours: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None) -> bool:
    """Whether the documents must be written anew for the live mapping to become the declared."""
    if ours is None or theirs is None:
        # A field can be added in place, but only a rebuild fills it; none can be taken away.
        return True
    changed = {
        key
        for key in ours.keys() | theirs.keys()
        if key not in ours or key not in theirs or not _same(ours[key], theirs[key])
    }
    return not changed <= _CHANGEABLE
