"""The JSON Schema of commands' output, made from the dataclasses."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

_SIMPLE: Mapping[Any, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    NoneType: "null",
}


def make_schema(document: type[Any], title: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a dataclass as JSON.

    New versions may add keys, so additional keys are allowed.

    Args:
        document: a dataclass of simple types, tuples, mappings and dataclasses.
    """
    found: dict[str, Any] = {}
    top = _of(document, found)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **top,
        "$defs": dict(sorted(found.items())),
    }


def _of(kind: Any, found: dict[str, Any]) -> dict[str, Any]:
    if kind in _SIMPLE:
        return {"type": _SIMPLE[kind]}
    if is_dataclass(kind) and isinstance(kind, type):
        return _of_dataclass(kind, found)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return _of_union([_of(one, found) for one in arguments])
    if origin is tuple:
        return {"type": "array", "items": _of(arguments[0], found)}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object"}
    # Any: any value of JSON.
    return {}


def _of_dataclass(kind: type[Any], found: dict[str, Any]) -> dict[str, Any]:
    name = kind.__name__.removesuffix("Document")
    if name not in found:
        found[name] = {}
        hints = get_type_hints(kind)
        found[name] = {
            "type": "object",
            "description": " ".join((kind.__doc__ or "").split()),
            "properties": {one.name: _of(hints[one.name], found) for one in fields(kind)},
            "required": [one.name for one in fields(kind)],
        }
    return {"$ref": f"#/$defs/{name}"}


def _of_union(kinds: list[dict[str, Any]]) -> dict[str, Any]:
    names = [one["type"] for one in kinds if one.keys() == {"type"}]
    if len(names) == len(kinds):
        return {"type": names}
    return {"anyOf": kinds}
