"""How the declared mapping differs from the live mapping."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The defaults, which Elasticsearch leaves out of the mapping it returns.
_DEFAULTS: Mapping[str, Any] = {
    "coerce": True,
    "doc_values": True,
    "dynamic": "true",
    "enabled": True,
    "fielddata": False,
    "ignore_malformed": False,
    "ignore_z_value": True,
    "index": True,
    "index_phrases": False,
    "norms": True,
    "on_script_error": "fail",
    "preserve_separators": True,
    "store": False,
    "subobjects": True,
    "term_vector": "no",
    "time_series_dimension": False,
    "eager_global_ordinals": False,
    "split_queries_on_whitespace": False,
    "include_in_parent": False,
    "include_in_root": False,
}
_NO_BOUND = 2_147_483_647
_DATES = {"locale": ("", "ROOT", "en")}
_DAYS = {**_DATES, "format": "strict_date_optional_time||epoch_millis"}
# Defaults of single types, for which others have another default or none. A tuple has several
# values.
_OF_TYPE: Mapping[str, Mapping[str, Any]] = {
    "binary": {"doc_values": False},
    "date": _DAYS,
    "date_nanos": {**_DATES, "format": "strict_date_optional_time_nanos||epoch_millis"},
    "date_range": _DAYS,
    "dense_vector": {"element_type": "float"},
    "flattened": {"depth_limit": 20, "ignore_above": _NO_BOUND, "index_options": "docs"},
    "join": {"eager_global_ordinals": True},
    "keyword": {"ignore_above": _NO_BOUND, "index_options": "docs", "norms": False},
    "search_as_you_type": {"index_options": "positions", "max_shingle_size": 3},
    "text": {"index_options": "positions", "position_increment_gap": 100},
    "wildcard": {"ignore_above": _NO_BOUND},
}
# The values that Elasticsearch adds to parameters that are objects.
_PARTS: Mapping[str, Mapping[str, Any]] = {
    "fielddata_frequency_filter": {"min": 0.0, "max": float(_NO_BOUND), "min_segment_size": 0},
    "index_prefixes": {"min_chars": 2, "max_chars": 5},
    "script": {"lang": "painless"},
}
# Types for which Elasticsearch returns parameters that were not set.
_FILLED_IN = frozenset(("completion", "dense_vector", "semantic_text", "sparse_vector"))
# The parameters that may be changed in place ("Update mapping API" in the Elasticsearch reference).
_CHANGEABLE = frozenset(
    ("ignore_above", "search_analyzer", "search_quote_analyzer", "dynamic", "eager_global_ordinals",
     "split_queries_on_whitespace", "meta", "coerce", "ignore_malformed", "boost")
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """A field that differs between two mappings.

    Args:
        path: the path of the field, ``"category.name"``; of a multi-field, ``"name.raw"``.
        declared: the declared definition without sub-fields; None if it is not declared.
        live: the same in the cluster.
        needs_rebuild: False if the field can be changed in place.
    """

    path: str
    declared: Mapping[str, Any] | None
    live: Mapping[str, Any] | None
    needs_rebuild: bool


def flatten(mappings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return path -> definition of each field in a mapping, including sub-fields.

    Args:
        mappings: mappings as returned by ``GET index/_mapping``, with ``properties``.
    """
    flat: dict[str, dict[str, Any]] = {}
    _flatten(mappings.get("properties", {}), "", flat)
    return flat


def _flatten(fields: Mapping[str, Any], prefix: str, flat: dict[str, dict[str, Any]]) -> None:
    for name, definition in fields.items():
        path = f"{prefix}{name}"
        inner = {**definition.get("properties", {}), **definition.get("fields", {})}
        kind = definition.get("type", "object")
        own = {
            key: value
            for key, value in definition.items()
            if key not in ("properties", "fields") and not _is_default(kind, key, value)
        }
        own.setdefault("type", "object")
        flat[path] = own
        _flatten(inner, f"{path}.", flat)


def _is_default(kind: str, key: str, value: Any) -> bool:
    if value is None or (value in ({}, []) and key not in _PARTS):
        return True
    defaults = _OF_TYPE.get(kind, {})
    if key in defaults:
        expected = defaults[key]
        several = expected if isinstance(expected, tuple) else (expected,)
        return any(_same(value, one) for one in several)
    return key in _DEFAULTS and _same(value, _DEFAULTS[key])


def _same(one: Any, other: Any) -> bool:
    return one == other or str(one).lower() == str(other).lower()


def compare_mappings(
    declared: Mapping[str, Any], live: Mapping[str, Any]
) -> tuple[Difference, ...]:
    """Return the differences between the declared and the live mapping, by path."""
    here, there = flatten(declared), flatten(live)
    differences = []
    for path in sorted(here.keys() | there.keys()):
        ours, theirs = here.get(path), there.get(path)
        if ours is None or theirs is None or not _equal(ours, theirs):
            differences.append(Difference(path, ours, theirs, _needs_rebuild(ours, theirs)))
    return tuple(differences)


def _equal(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    return not _changed(ours, theirs)


def _changed(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> set[str]:
    """Return the parameters that differ, regardless of how each side writes them."""
    ours, theirs = _normal(ours), _normal(theirs)
    if ours["type"] in _FILLED_IN:
        theirs = _given(ours, theirs)
    return {
        key
        for key in ours.keys() | theirs.keys()
        if key not in ours or key not in theirs or not _same(ours[key], theirs[key])
    }


def _normal(field: Mapping[str, Any]) -> dict[str, Any]:
    """Return a field as Elasticsearch returns it."""
    found = {key: _normal_value(field["type"], key, value) for key, value in field.items()}
    # Elasticsearch leaves out an analyzer that is the default anyway.
    usual = "simple" if field["type"] == "completion" else "default"
    index = found.get("analyzer", usual)
    search = found.get("search_analyzer", index)
    quote = found.get("search_quote_analyzer", search)
    names = {"analyzer": (index, usual), "search_analyzer": (search, index)}
    names["search_quote_analyzer"] = (quote, search)
    for name, (given, taken) in names.items():
        if given == taken:
            found.pop(name, None)
    return found


def _normal_value(kind: str, key: str, value: Any) -> Any:
    if key == "copy_to" and isinstance(value, str):
        return [value]
    if key == "locale":
        return str(value).replace("-", "_")
    if key == "script" and isinstance(value, str):
        value = {"source": value}
    if key in _PARTS and isinstance(value, Mapping):
        return {**_PARTS[key], **value}
    if key == "relations" and isinstance(value, Mapping):
        return {
            name: found[0] if isinstance(found, (list, tuple)) and len(found) == 1 else found
            for name, found in value.items()
        }
    if kind == "geo_point" and key == "null_value":
        return _point(value)
    return value


def _point(value: Any) -> Any:
    try:
        if isinstance(value, str):
            lat, lon = map(float, value.split(","))
        elif isinstance(value, Mapping):
            lat, lon = float(value["lat"]), float(value["lon"])
        else:
            lon, lat = map(float, value)
    except (KeyError, TypeError, ValueError):
        # A value of another type is compared unchanged.
        return value
    return {"lat": lat, "lon": lon}


def _given(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of ``theirs`` that ``ours`` also has."""
    return {
        key: _given(ours[key], value)
        if isinstance(value, Mapping) and isinstance(ours[key], Mapping)
        else value
        for key, value in theirs.items()
        if key in ours
    }


def _needs_rebuild(ours: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None) -> bool:
    """Return whether documents must be written again to get the declared mapping."""
    if ours is None or theirs is None:
        # A field can be added in place, but only a rebuild fills it. Fields cannot be removed.
        return True
    return not _changed(ours, theirs) <= _CHANGEABLE
