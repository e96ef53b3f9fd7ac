"""One object that will be written to the index."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..described.places import Place


class Prepared(NamedTuple):
    """One object with its document.

    Args:
        key: the primary key; None if the object was deleted and only its place is known.
        source: the document; None if the object does not belong in the index.
        error: why the document could not be made; "" if it could.
        place: the place of the document; None for the primary key.
    """

    key: Any
    source: Mapping[str, Any] | None
    error: str = ""
    place: Place | None = None

    @property
    def text(self) -> str:
        """The text of the document's key."""
        return str(self.key) if self.place is None else str(self.place)


def each_once(batch: Iterable[Prepared]) -> list[Prepared]:
    """Return the objects of ``batch`` once each, because a join may return one in several rows."""
    found: dict[Any, Prepared] = {}
    for prepared in batch:
        found.setdefault(prepared.key, prepared)
    return list(found.values())
