"""One time limit for several requests, instead of a time-out for each.

A page, a save or an operation makes a :class:`Deadline` once. Every request within
``with until(deadline)`` has only the time that is left, as a whole: connecting, sending and
reading together, on whichever node, however often it is tried.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SHORTEST = 0.01


class Deadline:
    """A moment after which nothing more is asked.

    Args:
        seconds: from now.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left, never below 10 ms: a time-out of 0 would mean none."""
        return max(self._end - time.monotonic(), _SHORTEST)

    @property
    def passed(self) -> bool:
        """Whether nothing is left."""
        return time.monotonic() >= self._end

    def earlier(self, other: "Deadline | None") -> "Deadline":
        """Return the one of both that ends first; None never ends."""
        return self if other is None or self._end <= other._end else other  # noqa: SLF001


_current: ContextVar[Deadline | None] = ContextVar("django_es_admin_deadline", default=None)


@contextmanager
def until(deadline: Deadline) -> Iterator[Deadline]:
    """Let no request within take longer than ``deadline``; of several, the first to end counts.

    It holds for requests of this thread, and of those that :mod:`.health` starts for it.
    """
    nearest = deadline.earlier(_current.get())
    token = _current.set(nearest)
    try:
        yield nearest
    finally:
        _current.reset(token)


def is_out_of_time() -> bool:
    """Return whether a deadline holds here, and has passed."""
    deadline = _current.get()
    return deadline is not None and deadline.passed


def current_deadline() -> Deadline | None:
    """Return the deadline that holds here; None for none."""
    return _current.get()
