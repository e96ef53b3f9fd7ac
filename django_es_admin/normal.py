"""The normalised form of words, in which searches are counted, judged and promoted."""

import unicodedata

MOST_CHARACTERS = 200
"""The maximum length of the stored words and filters of a search."""


def normalise(text: str) -> str:
    """Return words as they are counted, ignoring case, spaces and compatible characters.

    Accents are kept, because an index may treat them as different.
    """
    return whole(text)[:MOST_CHARACTERS].strip()


def whole(text: str) -> str:
    """Return words as :func:`normalise` does, without a maximum length."""
    form = unicodedata.normalize("NFKC", printable(text)).casefold()
    return " ".join(form.split())


def printable(text: str) -> str:
    """Return ``text`` as every database can store it, with single spaces."""
    clean = text.encode("utf-8", "replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in clean).split())
