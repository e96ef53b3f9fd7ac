"""What is read as words: a text that was pasted, a title in capitals, a sign of no operator."""

from typing import Literal

from .marks import KEYWORDS, SIGNS

Why = Literal["name", "sign", "start", "bracket", "quote", "capitals", "value", "long", "shouted"]

_ODD = frozenset("[]{}<>~^\\")


class PastedError(Exception):
    """The text has what is clearly no operator."""

    def __init__(self, why: Why, what: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.what = what


def is_shouted(text: str) -> bool:
    """Whether capitals do not make operators, as all letters of a title are some.

    What has a digit is a list of numbers of articles rather than a title.
    """
    words = text.split()
    others = [word for word in words if word not in KEYWORDS]
    if words and not others:
        # There is nothing to find or not.
        return True
    return (
        len(words) > max(len(others), 2)
        and text == text.upper()
        and any(word.isupper() for word in others)
        and not any(character.isdigit() or character in '"(' for character in text)
        and not any(word[0] in SIGNS for word in words)
    )


def is_paragraph(text: str) -> bool:
    """Whether a text that is too long was pasted, and is no list of what to find or not."""
    words = text.split()
    signed = sum(word[0] in SIGNS for word in words)
    return {"AND", "OR"}.isdisjoint(words) and signed * 4 < len(words)


def look_for_odd(word: str) -> None:
    """Look for what no operator has, in a text without the name of a field.

    Raises:
        PastedError: there is some.
    """
    if not _ODD.isdisjoint(word):
        odd = next(character for character in word if character in _ODD)
        raise PastedError("bracket" if odd in "[]{}" else "sign", odd)
    if word.count('"') % 2 and len(word) > 1 and word[-1] == '"' and not word[-2].isdigit():
        # It closes what nothing opened, and does not stand for inches.
        raise PastedError("quote", '"')
