"""The parts of an object in a document, as places of columns in a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Row = tuple[Any, ...]


@dataclass(frozen=True)
class ObjectShape:
    """An object made of columns and of other objects.

    Args:
        key: the place of the column that is null if there is no object.
        columns: name -> the place of its column.
        objects: name -> the object with this name.
        listed: whether the object is in a list, which is empty if there is no object.
    """

    key: int
    columns: tuple[tuple[str, int], ...]
    objects: tuple[tuple[str, "ObjectShape"], ...]
    listed: bool = False

    def make(self, row: Row) -> Any:
        """Return the object for a row, or the list that contains it."""
        if row[self.key] is None:
            return [] if self.listed else None
        made = {name: row[place] for name, place in self.columns}
        for name, shape in self.objects:
            made[name] = shape.make(row)
        return [made] if self.listed else made


@dataclass(frozen=True)
class DocumentShape:
    """The columns of a document, and its objects.

    Args:
        plain: the names of the fields for the columns after the key, in order.
        objects: name -> the object with this name.
    """

    plain: Sequence[str]
    objects: Sequence[tuple[str, ObjectShape]]

    def make(self, row: Row) -> dict[str, Any]:
        """Return the document of a row, without its lists."""
        # zip() ends with the plain names, before the columns of the objects.
        source = dict(zip(self.plain, row[1:], strict=False))
        for name, shape in self.objects:
            source[name] = shape.make(row)
        return source
