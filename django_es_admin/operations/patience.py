"""Go on after a connection was down, or had no room, for a while."""

import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    wait_exponential_jitter,
)

from ..conf import get_options
from ..exceptions import (
    BatchTooOld,
    ConnectionUnavailable,
    IndexBlocked,
    ServerBusy,
    ServerNotReady,
)

PASSING = (ConnectionUnavailable, ServerBusy, ServerNotReady, IndexBlocked, BatchTooOld)
"""What may be otherwise in a moment."""

LONGEST_PAUSE = 5.0

Result = TypeVar("Result")


class Patience:
    """Tries again until Elasticsearch has been away for ``OPERATION_PATIENCE``, without a break.

    Args:
        on_pause: called before each pause; what it raises ends the attempts.
    """

    def __init__(self, on_pause: Callable[[], None]) -> None:
        self._on_pause = on_pause
        self._away_since: float | None = None

    def __call__(self, work: Callable[[], Result]) -> Result:
        """Return what ``work`` returns, once an attempt at it succeeds."""
        attempts = Retrying(
            retry=retry_if_exception_type(PASSING),
            wait=wait_exponential_jitter(multiplier=0.2, max=LONGEST_PAUSE),
            stop=self._is_over,
            before_sleep=self._pause,
            reraise=True,
        )
        return attempts(work)

    def renew(self) -> None:
        """Note that Elasticsearch did a part of the work."""
        self._away_since = None

    def _is_over(self, state: RetryCallState) -> bool:
        now = time.monotonic()
        # Not since the beginning: an attempt may take longer than the patience.
        if self._away_since is None:
            self._away_since = now
        return now - self._away_since >= get_options().operation_patience

    def _pause(self, state: RetryCallState) -> None:
        self._on_pause()


def patiently(work: Callable[[], Result], on_pause: Callable[[], None]) -> Result:
    """Return what ``work`` returns, which is done at once or not at all.

    Args:
        work: what to try, again and again.
        on_pause: called before each pause; what it raises ends the attempts.
    """
    return Patience(on_pause)(work)
