"""What an object in a document is made of, as places of columns in a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Row = tuple[Any, ...]


@dataclass(frozen=True)
class ObjectShape:
    """An object of columns and of other such objects.

    Args:
        key: place of the column that is null where there is no object.
        columns: name -> place of its column.
        objects: name -> the object there.
        listed: whether it stands in a list, which is empty where there is no object.
    """

    key: int
    columns: tuple[tuple[str, int], ...]
    objects: tuple[tuple[str, "ObjectShape"], ...]
    listed: bool = False

    def make(self, row: Row) -> Any:
        """Return the object of a row, or the list that holds it."""
        if row[self.key] is None:
            return [] if self.listed else None
        made = {name: row[place] for name, place in self.columns}
        for name, shape in self.objects:
            made[name] = shape.make(row)
        return [made] if self.listed else made


@dataclass(frozen=True)
class DocumentShape:
    """The columns of a document, and the objects that are made of more of them.

    Args:
        plain: names of the fields that are the columns behind the key, in their order.
        objects: name -> the object there.
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
