"""The form of words by which two searches are the same one: in the log, and for promotions."""

import unicodedata

MOST_CHARACTERS = 200
"""Of the words of one search, and of its filters, that are kept."""


def normalise(text: str) -> str:
    """Return words as they are counted: capitals, spaces and compatible forms make no difference.

    Accents do: whether they are folded is up to the index.
    """
    return whole(text)[:MOST_CHARACTERS].strip()


def whole(text: str) -> str:
    """Return words as :func:`normalise` does, however long they are."""
    form = unicodedata.normalize("NFKC", printable(text)).casefold()
    return " ".join(form.split())


def printable(text: str) -> str:
    """Return ``text`` as every database can hold it, with single spaces."""
    clean = text.encode("utf-8", "replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in clean).split())
