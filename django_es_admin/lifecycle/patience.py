"""Go on after a connection was down, or had no room, for a while."""

from collections.abc import Callable

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_exponential_jitter,
)

from ..conf import get_options
from ..exceptions import BatchTooOld, ConnectionUnavailable, ServerBusy, ServerNotReady

PASSING = (ConnectionUnavailable, ServerBusy, ServerNotReady, BatchTooOld)
"""What may be otherwise in a moment."""

LONGEST_PAUSE = 5.0


def patiently(on_pause: Callable[[], None]) -> Retrying:
    """Return what tries again, for ``OPERATION_PATIENCE``, while Elasticsearch does not answer.

    Args:
        on_pause: called before each pause; what it raises ends the attempts.
    """

    def pause(state: RetryCallState) -> None:
        on_pause()

    return Retrying(
        retry=retry_if_exception_type(PASSING),
        wait=wait_exponential_jitter(multiplier=0.2, max=LONGEST_PAUSE),
        stop=stop_after_delay(get_options().operation_patience),
        before_sleep=pause,
        reraise=True,
    )
