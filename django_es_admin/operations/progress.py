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
    """The progress of an operation at one moment.

    Args:
        index: the declared name of the index.
        step: the running step.
        done: how much is done: rows for ``load`` and ``drain``, ids for ``gate``.
        total: how much there is to do; None if unknown.
    """

    index: str
    step: Step
    done: int = 0
    total: int | None = None


OnProgress = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Ignore the progress."""
