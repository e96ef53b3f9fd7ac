"""One object on its way into the index."""

from typing import Any, NamedTuple


class Prepared(NamedTuple):
    """What an object becomes.

    Args:
        key: its primary key.
        source: the document; None where the object is not to be in the index.
        error: why the document could not be made; "" where it could.
    """

    key: Any
    source: dict[str, Any] | None
    error: str = ""
