"""How an operation reports its progress."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Step = Literal[
    "create",
    "load",
    "drain",
    "deletes",
    "settle",
    "gate",
    "swap",
    "standby",
    "delete",
    "refresh",
    "verify",
    "ghosts",
    "update",
    "synonyms",
    "preview",
]


@dataclass(frozen=True)
class Progress:
    """A moment of an operation.

    Args:
        index: the declared name.
        step: which step runs.
        done: how much of it is done: rows for ``load`` and ``drain``, ids for ``gate``.
        total: of how much; None where that is not known.
    """

    index: str
    step: Step
    done: int = 0
    total: int | None = None


OnProgress = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Tell nobody."""
