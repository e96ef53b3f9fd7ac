"""Sentences with names in them: text for a terminal, and for a page what each name is in it.

On a page a name is isolated, so that its direction of writing changes nothing around it, and a
button stands where a terminal names a command. A name that is filled in already cannot be found
again.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Said(str):
    """A sentence, as a terminal shows it.

    Attributes:
        sentence: what a page shows, before the values are filled in.
        values: what is filled in.
        verb: what fixes it, as the pages name their actions; "" if no action does.
        parts: of which it is made, if these are sentences themselves.
    """

    __slots__ = ("parts", "sentence", "values", "verb")

    sentence: str
    values: Mapping[str, Any]
    verb: str
    parts: tuple[str, ...]

    def __new__(
        cls,
        text: str,
        values: Mapping[str, Any] = _NOTHING,
        *,
        page: str = "",
        verb: str = "",
        parts: tuple[str, ...] = (),
    ) -> "Said":
        """Make one.

        Args:
            text: translated, before the values are filled in.
            page: what a page shows instead, where that has a button for the command.
        """
        said = super().__new__(cls, text if parts else text % values)
        said.sentence, said.values, said.verb, said.parts = page or text, values, verb, parts
        return said

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        # A copy in another process, or of a record, is text.
        return str, (str(self),)


def together(parts: Iterable[str]) -> Said:
    """Return several sentences as one text."""
    every = tuple(parts)
    return Said(" ".join(every), parts=every)


def said_by(error: BaseException) -> str:
    """Return the text of an error, with the names in it where these are known."""
    text = error.args[0] if error.args else ""
    return text if isinstance(text, Said) else str(error)
