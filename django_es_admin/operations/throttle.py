"""Limit the speed of work: a walk must not take all of the capacity of a database or a cluster."""

import time
from collections.abc import Callable

LONGEST_PAUSE = 0.5
"""Seconds between two signs of life, while nothing is done."""


class Throttle:
    """Pauses, so that no more than ``rate`` is done in a second.

    Args:
        rate: per second; None for as fast as it goes.
        on_pause: called again and again meanwhile; what it raises ends the pause.
    """

    def __init__(self, rate: float | None, on_pause: Callable[[], None]) -> None:
        self._rate = rate
        self._on_pause = on_pause
        self._free_at = time.monotonic()

    def spend(self, done: int) -> None:
        """Note that so much was done, and wait until more may be."""
        if not self._rate:
            return
        # Time that was not used is gone: a walk that stood still does not hurry afterwards.
        self._free_at = max(self._free_at, time.monotonic()) + done / self._rate
        while (left := self._free_at - time.monotonic()) > 0:
            time.sleep(min(left, LONGEST_PAUSE))
            self._on_pause()
