"""The form of words under which searches are counted together."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from typing import Any

MOST_CHARACTERS = 200
"""Of the words of one search, and of its filters, that are kept."""


def normalise(text: str) -> str:
    """Return words as they are counted: capitals, spaces and compatible forms make no difference.

    Accents do: whether they are folded is up to the index.
    """
    whole = unicodedata.normalize("NFKC", printable(text)).casefold()
    return " ".join(whole.split())[:MOST_CHARACTERS].strip()


def printable(text: str) -> str:
    """Return ``text`` as every database can hold it, with single spaces."""
    clean = text.encode("utf-8", "replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in clean).split())


def filters_text(filters: Mapping[str, Any]) -> str:
    """Return filters as text, in a fixed order; "" for none."""
    given = {name: value for name, value in filters.items() if value not in (None, "", [], ())}
    if not given:
        return ""
    return json.dumps(given, sort_keys=True, default=str, ensure_ascii=False)


def digest(*parts: str) -> str:
    """Return what names a search in the table."""
    joined = "\x1f".join(parts).encode(errors="replace")
    return hashlib.blake2b(joined, digest_size=16).hexdigest()
