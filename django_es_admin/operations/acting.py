"""Who acts: set once where a request begins, and read where an operation is recorded."""

import getpass
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from ..models import Operation

MAX_NOTE = 200
"""Characters that a person may leave with an operation."""

_acting: ContextVar["Acting | None"] = ContextVar("acting", default=None)


@dataclass
class Acting:
    """Who starts operations.

    Args:
        who: the user; the account of this process if nobody said so.
        through: the face that answers for the user's rights, and its place ("admin:office"); ""
            for code of the project, which answers for itself.
        note: why, in the words of that person; "" if they left none.
        begun: the operations that were begun or queued meanwhile. What others begin at the same
            time is not among them.
    """

    who: str
    through: str = ""
    note: str = ""
    begun: list[Operation] = field(default_factory=list)


@contextmanager
def acting(who: str, *, through: str = "", note: str = "") -> Iterator[Acting]:
    """Record the operations that begin in the context under the name of ``who``.

    Args:
        through: see :class:`Acting`.
        note: likewise.
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
    """Return the name to record: the user's, or that of the account that runs this process."""
    acting = _acting.get()
    if acting is not None:
        return acting.who
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return f"uid {os.getuid()}"


def acts_through() -> str:
    """Return the interface that checks the rights of the person who acts; "" if none does."""
    acting = _acting.get()
    return acting.through if acting is not None else ""


def note_left() -> str:
    """Return why the person who acts does that, in their words; "" if they do not say."""
    acting = _acting.get()
    return _in_one_line(acting.note)[:MAX_NOTE] if acting is not None else ""


def note_begun(operation: Operation) -> None:
    """Record an operation that was begun or queued for the person who acts."""
    acting = _acting.get()
    if acting is not None:
        acting.begun.append(operation)


def _in_one_line(text: str) -> str:
    """Return a text as a database can keep it: NUL and half of a character are in no JSON there."""
    kept = (" " if unicodedata.category(each) in ("Cc", "Cs") else each for each in text)
    return " ".join("".join(kept).split())
