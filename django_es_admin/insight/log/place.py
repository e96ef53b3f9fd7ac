"""The key of a search in the log: masked and normalised."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.module_loading import import_string

from ...conf import SearchLog
from ...normal import MOST_CHARACTERS, normalise, printable
from ...search.searched import Searched


@dataclass(frozen=True, slots=True)
class SearchKey:
    """The parts that distinguish a search of an index from others.

    Args:
        search: the name of the service.
        words: the words as they are counted.
        filters: the masked filters as JSON; "" for none.
        order: the name of the order; "" for the default.
        spelling: the masked words as they were typed, which do not distinguish searches.
    """

    search: str
    words: str
    filters: str
    order: str
    spelling: str = ""

    def values(self) -> tuple[str, str, str, str]:
        """Return the parts that distinguish the search."""
        return self.search, self.words, self.filters, self.order

    @property
    def digest(self) -> str:
        """The key of the search in the table."""
        return digest(self.search, self.words, self.filters, self.order)


def place_of(search: Searched, log: SearchLog) -> SearchKey | None:
    """Return the key of a search; None if it must not be stored, or has no words.

    Exceptions of the project's hook are passed on.
    """
    mask = import_string(log.mask)
    # Normalise before the hook, so that it also sees compatible characters: "①" becomes 1.
    text = mask(printable(unicodedata.normalize("NFKC", search.text)))
    filters = filters_text(search.filters)
    masked = mask(filters) if filters else ""
    if text is None or masked is None:
        return None
    words = normalise(text)
    if not words:
        return None
    spelling = printable(text)[:MOST_CHARACTERS]
    return SearchKey(search.search, words, masked, search.order, spelling)


def filters_text(filters: Mapping[str, Any]) -> str:
    """Return filters as text in a fixed order; "" for none."""
    given = {name: value for name, value in filters.items() if value not in (None, "", [], ())}
    if not given:
        return ""
    return json.dumps(given, sort_keys=True, default=str, ensure_ascii=False)


def digest(*parts: str) -> str:
    """Return the key of a search in the table."""
    joined = "\x1f".join(parts).encode(errors="replace")
    return hashlib.blake2b(joined, digest_size=16).hexdigest()
