"""One object on its way into the index."""

from typing import Any, NamedTuple

from .places import Place


class Prepared(NamedTuple):
    """What an object becomes.

    Args:
        key: its primary key; None where the object is gone and only its place is known.
        source: the document; None where the object is not to be in the index.
        error: why the document could not be made; "" where it could.
        place: where the document stands; None for under the primary key.
    """

    key: Any
    source: dict[str, Any] | None
    error: str = ""
    place: Place | None = None

    @property
    def text(self) -> str:
        """The key that names the document."""
        return str(self.key) if self.place is None else str(self.place)
