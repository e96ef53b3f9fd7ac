"""What is read as words: pasted text, a title in capitals, a sign that is not an operator."""

from typing import Literal

from .marks import KEYWORDS, SIGNS

Why = Literal["name", "sign", "start", "bracket", "quote", "capitals", "value", "long", "shouted"]

_ODD = frozenset("[]{}<>~^\\")


class PastedError(Exception):
    """The text contains something that is clearly not an operator."""

    def __init__(self, why: Why, what: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.what = what


def is_shouted(text: str) -> bool:
    """Return whether capitals do not make operators, because the whole text is in capitals.

    A text with a digit is rather a list of article numbers than a title.
    """
    words = text.split()
    others = [word for word in words if word not in KEYWORDS]
    if words and not others:
        # There are no words to search for.
        return True
    return (
        len(words) > max(len(others), 2)
        and text == text.upper()
        and any(word.isupper() for word in others)
        and not any(character.isdigit() or character in '"(' for character in text)
        and not any(word[0] in SIGNS for word in words)
    )


def is_paragraph(text: str) -> bool:
    """Return whether a text that is too long was pasted, and is not a list of conditions."""
    words = text.split()
    signed = sum(word[0] in SIGNS for word in words)
    return {"AND", "OR"}.isdisjoint(words) and signed * 4 < len(words)


def look_for_odd(word: str) -> None:
    """Look for characters that no operator has, in a text without a field name.

    Raises:
        PastedError: there is such a character.
    """
    if not _ODD.isdisjoint(word):
        odd = next(character for character in word if character in _ODD)
        raise PastedError("bracket" if odd in "[]{}" else "sign", odd)
    if word.count('"') % 2 and len(word) > 1 and word[-1] == '"' and not word[-2].isdigit():
        # It closes no phrase, and does not stand for inches.
        raise PastedError("quote", '"')
