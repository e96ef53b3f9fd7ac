"""Limit the speed of work, so that it leaves capacity to the other users of a server."""

import time
from collections.abc import Callable

LONGEST_PAUSE = 0.5
"""Seconds between two signs of life during a pause."""


class Throttle:
    """Pauses, so that no more than ``rate`` objects are handled per second.

    Args:
        rate: objects per second; None for no limit.
        on_pause: called repeatedly during a pause; an exception ends the pause.
    """

    def __init__(self, rate: float | None, on_pause: Callable[[], None]) -> None:
        self._rate = rate
        self._on_pause = on_pause
        self._free_at = time.monotonic()

    def spend(self, done: int) -> None:
        """Count objects that were handled, and pause if there were too many."""
        if not self._rate:
            return
        # Unused time is not saved up: after an interruption, the work does not go faster than the
        # rate.
        self._free_at = max(self._free_at, time.monotonic()) + done / self._rate
        while (left := self._free_at - time.monotonic()) > 0:
            time.sleep(min(left, LONGEST_PAUSE))
            self._on_pause()
