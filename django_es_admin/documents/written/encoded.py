"""A document that is already JSON, so that no object has to be made for it."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson


class Encoded(Mapping[str, Any]):
    """A document as JSON, which is sent unchanged.

    It can also be read as a mapping, with the values of the JSON: a date is a text.

    Args:
        body: the JSON.
    """

    __slots__ = ("_values", "body")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self._values: dict[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        return self._parsed()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parsed())

    def __len__(self) -> int:
        return len(self._parsed())

    def __repr__(self) -> str:
        return f"Encoded({self.body!r})"

    def _parsed(self) -> dict[str, Any]:
        if self._values is None:
            self._values = orjson.loads(self.body)
        return self._values
