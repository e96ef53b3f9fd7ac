"""One time limit for several requests, instead of a time-out for each.

A page, a save or an operation makes one :class:`Deadline`. All requests within ``with
until(deadline)`` share the remaining time, including connecting, sending, reading and further
attempts on any node.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SHORTEST = 0.01


class Deadline:
    """A time after which no more requests are sent.

    Args:
        seconds: from now.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """The seconds left, at least 10 ms, because a time-out of 0 would mean none."""
        return max(self._end - time.monotonic(), _SHORTEST)

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() >= self._end

    def earlier(self, other: "Deadline | None") -> "Deadline":
        """Return the deadline that ends first; None never ends."""
        return self if other is None or self._end <= other._end else other  # noqa: SLF001


_current: ContextVar[Deadline | None] = ContextVar("django_es_admin_deadline", default=None)


@contextmanager
def until(deadline: Deadline) -> Iterator[Deadline]:
    """Let no request in the block take longer than ``deadline``. The earliest deadline counts.

    It applies to requests of this thread, and of threads that :mod:`.health` starts for it.
    """
    nearest = deadline.earlier(_current.get())
    token = _current.set(nearest)
    try:
        yield nearest
    finally:
        _current.reset(token)


def is_out_of_time() -> bool:
    """Return whether there is a deadline, and it has passed."""
    deadline = _current.get()
    return deadline is not None and deadline.passed


def current_deadline() -> Deadline | None:
    """Return the current deadline; None if there is none."""
    return _current.get()
