"""Tell listeners about each search that a user meant, not about keystrokes or further pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class Searched:
    """One search that Elasticsearch answered.

    Args:
        connection: alias of the connection.
        index: the name of the index, as the document gives it.
        search: the name of the service; ``"admin"`` for the search box of a changelist.
        text: the text as it was typed.
        hits: the number of hits.
        milliseconds: how long the search took, including reading the answer.
        filters: criterion -> value.
        order: the name of the order; "" for the default.
        promoted: whether a result on the first page is promoted.
    """

    connection: str
    index: str
    search: str
    text: str
    hits: int
    milliseconds: float
    filters: Mapping[str, Any] = field(default_factory=dict)
    order: str = ""
    promoted: bool = False


searched = Signal()
"""Sent after the answer, with ``search``, a :class:`Searched`. Receivers must be fast."""


def tell(search: Searched) -> None:
    """Send ``searched``. An error of a receiver is logged, and does not fail the search."""
    if searched.receivers:
        searched.send_robust(Searched, search=search)
