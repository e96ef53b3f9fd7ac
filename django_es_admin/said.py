"""Sentences with names: as text for a terminal, and with the names known for a page.

A page isolates each name, so that its text direction does not affect the sentence, and has a button
where a terminal names a command. After a name was filled in, it could not be found again.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Said(str):
    """A sentence, as a terminal shows it.

    Attributes:
        sentence: the sentence for a page, before the values are filled in.
        values: the values.
        verb: the name of the page's action that fixes it; "" if there is none.
        parts: the sentences it is made of, if there are several.
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
        """Create a sentence.

        Args:
            text: the translated text, before the values are filled in.
            page: the text for a page, which has a button instead of the command.
        """
        said = super().__new__(cls, text if parts else text % values)
        said.sentence, said.values, said.verb, said.parts = page or text, values, verb, parts
        return said

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        # A copy for another process, or for a record, is plain text.
        return str, (str(self),)


def together(parts: Iterable[str]) -> Said:
    """Join several sentences into one text."""
    every = tuple(parts)
    return Said(" ".join(every), parts=every)


def said_by(error: BaseException) -> str:
    """Return the text of an error, with its names if they are known."""
    text = error.args[0] if error.args else ""
    return text if isinstance(text, Said) else str(error)
