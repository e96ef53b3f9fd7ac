"""One object that is about to be written to the index."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..described.places import Place


class Prepared(NamedTuple):
    """What an object becomes.

    Args:
        key: its primary key; None where the object is gone and only its place is known.
        source: the document; None where the object is not to be in the index.
        error: why the document could not be made; "" where it could.
        place: where the document stands; None for under the primary key.
    """

    key: Any
    source: Mapping[str, Any] | None
    error: str = ""
    place: Place | None = None

    @property
    def text(self) -> str:
        """The key that names the document."""
        return str(self.key) if self.place is None else str(self.place)


def each_once(batch: Iterable[Prepared]) -> list[Prepared]:
    """Return the objects of ``batch`` once each: a join may give one in several rows."""
    found: dict[Any, Prepared] = {}
    for prepared in batch:
        found.setdefault(prepared.key, prepared)
    return list(found.values())
