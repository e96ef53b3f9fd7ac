"""A mapping as the rows of a tree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ....indices.diff import Difference
from ..parts.format import plain

MAX_INDENT = 8
"""Deeper fields are indented no further: the style sheet has a class for each step."""

_WITHOUT_VALUES = frozenset(("object", "nested", "alias"))


@dataclass(frozen=True)
class FieldRow:
    """One field of a mapping.

    Args:
        name: the last part of its path.
        path: all of it, ``"category.name.raw"``.
        depth: steps to indent.
        kind: its type; an object without one is ``object``.
        parameters: the rest of its definition, in one line each.
        multi: whether it is a multi-field, another way to index its parent's value.
        differs: whether the declared and the live mapping differ in it.
        uses: how often searches read it; None if unknown, or it holds no values.
    """

    name: str
    path: str
    depth: int
    kind: str
    parameters: tuple[str, ...]
    multi: bool
    differs: bool
    uses: int | None = None

    @property
    def parent(self) -> str:
        """What stands before the name in the path, its last dot included."""
        return self.path.removesuffix(self.name)


def field_rows(
    mappings: Mapping[str, Any],
    differences: tuple[Difference, ...] = (),
    uses: Mapping[str, int] | None = None,
) -> tuple[FieldRow, ...]:
    """Return the fields of a mapping in its order, each followed by what is in it.

    Args:
        mappings: with ``properties``, as declared or as Elasticsearch gives it.
        uses: path -> how often searches read the field; None if unknown.
    """
    differing = frozenset(difference.path for difference in differences)
    rows = _rows(mappings.get("properties", {}), "", 0, differing, multi=False)
    if uses is None:
        return tuple(rows)
    return tuple(
        row if row.kind in _WITHOUT_VALUES else replace(row, uses=uses.get(row.path, 0))
        for row in rows
    )


def _rows(
    fields: Mapping[str, Any], prefix: str, depth: int, differing: frozenset[str], *, multi: bool
) -> Iterator[FieldRow]:
    for name, definition in fields.items():
        path = f"{prefix}{name}"
        yield FieldRow(
            name=name,
            path=path,
            depth=min(depth, MAX_INDENT),
            kind=definition.get("type", "object"),
            parameters=_parameters(definition),
            multi=multi,
            differs=path in differing,
        )
        for key in ("properties", "fields"):
            inner = definition.get(key, {})
            yield from _rows(inner, f"{path}.", depth + 1, differing, multi=key == "fields")


def _parameters(definition: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{key}: {plain(value)}"
        for key, value in sorted(definition.items())
        if key not in ("type", "properties", "fields")
    )
