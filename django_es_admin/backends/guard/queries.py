"""The names of indices in a query, and keys that may have any name."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

NAMING_KEYS = frozenset(("index", "indices", "_index", "alias", "aliases", "target_index"))
# The keys below these are fields of documents, with any name.
_BY_FIELD = frozenset(
    "after buckets_path common fuzzy intervals match match_bool_prefix match_phrase "
    "match_phrase_prefix per_field_analyzer prefix range regexp sort span_term term terms "
    "terms_set wildcard".split()
)
# The keys below these are names that a user has chosen.
_BY_NAME = frozenset(("aggregations", "aggs", "filters", "runtime_mappings"))
# A document in a query, and the parameters of a script, which may have any key.
_FREE = frozenset(
    (
        ("like", "doc"),
        ("unlike", "doc"),
        ("percolate", "document"),
        ("percolate", "documents"),
        ("script", "params"),
        ("scripted_metric", "params"),
    )
)
# The default index for a stored shape.
_SHAPES = "shapes"
_VARIABLE = re.compile(r"\{\{[\w.]+\}\}")


class Unreadable(Exception):
    """A body that may name indices, but they cannot be determined."""


def parsed(content: bytes) -> Any:
    """Parse JSON strictly, so that no two parsers can understand it differently.

    Raises:
        Unreadable: a key occurs twice.
        ValueError: it is not JSON in UTF-8.
    """
    text = content.decode()
    return json.loads(text, object_pairs_hook=_without_duplicates) if text.strip() else None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable
    return found


def names_of(value: Any) -> Iterator[str]:
    """Yield the names in a text separated by commas, or in a list of such texts."""
    for each in value if isinstance(value, (list, tuple)) else [value]:
        if isinstance(each, bool) or not isinstance(each, (str, int, float)):
            raise Unreadable
        yield from str(each).split(",")


def names_in_query(
    value: Any, parent: str = "", *, by_field: bool = False, deep: bool = False
) -> Iterator[str]:
    """Yield the names in a query.

    Args:
        parent: the key of this value.
        by_field: whether its keys are fields.
        deep: whether it is below a field, where no key is a field.

    Raises:
        Unreadable: it has a part that cannot be checked.
    """
    if isinstance(value, list):
        for each in value:
            yield from names_in_query(each, parent, by_field=by_field, deep=deep)
    if not isinstance(value, Mapping):
        return
    for key, inner in value.items():
        if by_field:
            yield from names_in_query(inner, key, deep=True)
        elif not _is_free(parent, key):
            yield from _names_at(key, inner, deep)


def _is_free(parent: str, key: str) -> bool:
    return (parent, key) in _FREE or (key == "params" and parent.endswith("_script"))


def _names_at(key: str, value: Any, deep: bool) -> Iterator[str]:
    if key in NAMING_KEYS and _is_name(value):
        yield from names_of(value)
    elif key == "indices_boost":
        for boost in value if isinstance(value, list) else [value]:
            yield from boost.keys()
    elif key == "indexed_shape" and _is_default_shape(value):
        yield _SHAPES
    elif key == "collate":
        yield from names_in_template(value["query"])
    elif key == "wrapper" and isinstance(value, Mapping) and isinstance(value.get("query"), str):
        # A query in Base64.
        raise Unreadable
    elif key in _BY_NAME and isinstance(value, Mapping):
        for name, named in value.items():
            yield from names_in_query(named, name, deep=deep)
    else:
        yield from names_in_query(value, key, by_field=key in _BY_FIELD and not deep, deep=deep)


def _is_default_shape(value: Any) -> bool:
    return isinstance(value, Mapping) and "id" in value and "index" not in value


def names_in_mapping(value: Any) -> Iterator[str]:
    """Yield the names of indices that lookup runtime fields of a mapping use."""
    if isinstance(value, list):
        for each in value:
            yield from names_in_mapping(each)
    if isinstance(value, Mapping):
        if value.get("type") == "lookup" and "target_index" in value:
            yield from names_of(value["target_index"])
        for inner in value.values():
            yield from names_in_mapping(inner)


def _is_name(value: Any) -> bool:
    """Whether it can be one, or several: an aggregation or a field may be called `index`, too."""
    return not isinstance(value, (Mapping, bool, type(None)))


def names_in_template(template: Any) -> Iterator[str]:
    """Yield the names in a template of a query, whose variables may only be values."""
    source = template.get("source")
    if source is None or "id" in template or "options" in template:
        # It is stored in the cluster, or contains options for rendering.
        raise Unreadable
    text = source if isinstance(source, str) else json.dumps(source)
    if "{{" in _VARIABLE.sub("", text):
        raise Unreadable
    query = parsed(text.encode())
    if not isinstance(query, Mapping) or any("{{" in key for key in _keys(query)):
        raise Unreadable
    for name in names_in_query(query):
        if "{{" in name:
            raise Unreadable
        yield name


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from value.keys()
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
