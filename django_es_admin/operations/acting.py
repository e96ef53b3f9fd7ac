"""Who performs an operation: set once where a request begins, and read when it is recorded."""

import getpass
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from ..models import Operation

MAX_NOTE = 200
"""The maximum length of a note that a person leaves with an operation."""

_acting: ContextVar["Acting | None"] = ContextVar("acting", default=None)


@dataclass
class Acting:
    """Who starts operations.

    Args:
        who: the user; by default the account of this process.
        through: the interface that checks the user's rights, with its place ("admin:office"); ""
            for code of the project, whose rights are not checked.
        note: the user's note about the reason; "" if there is none.
        begun: the operations that were started or queued in this context.
    """

    who: str
    through: str = ""
    note: str = ""
    begun: list[Operation] = field(default_factory=list)


@contextmanager
def acting(who: str, *, through: str = "", note: str = "") -> Iterator[Acting]:
    """Record the operations that start in the context under the name ``who``.

    Args:
        through: see :class:`Acting`.
        note: see :class:`Acting`.
    """
    acting = Acting(who, through, note)
    token = _acting.set(acting)
    try:
        yield acting
    finally:
        _acting.reset(token)


@contextmanager
def leaving(note: str) -> Iterator[None]:
    """Add a note to all operations that start in the context."""
    outer = _acting.get()
    begun = outer.begun if outer else []
    token = _acting.set(Acting(who_acts(), acts_through(), note, begun))
    try:
        yield
    finally:
        _acting.reset(token)


def who_acts() -> str:
    """Return the name to record: the user, or the account that runs this process."""
    acting = _acting.get()
    if acting is not None:
        return acting.who
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return f"uid {os.getuid()}"


def acts_through() -> str:
    """Return the interface that checks the user's rights; "" if none does."""
    acting = _acting.get()
    return acting.through if acting is not None else ""


def note_left() -> str:
    """Return the user's note about the reason; "" if there is none."""
    acting = _acting.get()
    return _in_one_line(acting.note)[:MAX_NOTE] if acting is not None else ""


def note_begun(operation: Operation) -> None:
    """Add an operation to those that were started or queued in this context."""
    acting = _acting.get()
    if acting is not None:
        acting.begun.append(operation)


def _in_one_line(text: str) -> str:
    """Return a text without characters that JSON in a database cannot hold, such as NUL."""
    kept = (" " if unicodedata.category(each) in ("Cc", "Cs") else each for each in text)
    return " ".join("".join(kept).split())
