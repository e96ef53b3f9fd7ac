"""Notify listeners of a search that a user meant: not of a keystroke, not of the second page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class Searched:
    """One search that Elasticsearch answered.

    Args:
        connection: alias of the connection.
        index: name that the document gives it.
        search: name of the service; ``"admin"`` for the search box of a changelist.
        text: as it was typed.
        hits: how many there are.
        milliseconds: that it took, the answer read.
        filters: criterion -> value.
        order: name of the order; "" for the first one.
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
"""Sent with ``search``, a :class:`Searched`, after the answer; receivers must not take long."""


def tell(search: Searched) -> None:
    """Send ``searched``; what a receiver raises is logged, and no search fails."""
    if searched.receivers:
        searched.send_robust(Searched, search=search)
