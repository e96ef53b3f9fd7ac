"""A mapping as the rows of a tree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ....indices.diff import Difference
from ..parts.format import plain

MAX_INDENT = 8
"""The maximum indentation: the style sheet has a class for each level."""

_WITHOUT_VALUES = frozenset(("object", "nested", "alias"))


@dataclass(frozen=True)
class FieldRow:
    """One field of a mapping.

    Args:
        name: the last part of its path.
        path: the whole path, ``"category.name.raw"``.
        depth: the level of indentation.
        kind: its type; ``object`` for an object without a type.
        parameters: the rest of its definition, one line each.
        multi: whether it is a multi-field, which indexes its parent's value in another way.
        differs: whether its declared and live mappings differ.
        uses: how often searches read it; None if unknown, or if it has no values.
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
        """The path before the name, including the last dot."""
        return self.path.removesuffix(self.name)


def field_rows(
    mappings: Mapping[str, Any],
    differences: tuple[Difference, ...] = (),
    uses: Mapping[str, int] | None = None,
) -> tuple[FieldRow, ...]:
    """Return the fields of a mapping in order, each followed by its sub-fields.

    Args:
        mappings: mappings with ``properties``, as declared or as Elasticsearch returns them.
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
