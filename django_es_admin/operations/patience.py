"""Try again while a cluster or a database is down or full for a short time."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import Error
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    wait_exponential_jitter,
)

from ..conf import get_options
from ..exceptions import (
    BatchTooOld,
    ConnectionUnavailable,
    DatabaseBusy,
    DatabaseLost,
    DatabaseUnavailable,
    IndexBlocked,
    ServerBusy,
    ServerNotReady,
)
from ..faults import Fault, close_broken, fault_of
from ..incidents import tell

PASSING = (ConnectionUnavailable, ServerBusy, ServerNotReady, IndexBlocked, BatchTooOld)
"""The errors that may be over in a moment."""

_OF_THE_DATABASE = (DatabaseBusy, DatabaseUnavailable)

LONGEST_PAUSE = 5.0

Result = TypeVar("Result")


def is_outage(error: BaseException) -> bool:
    """Return whether an error of Elasticsearch may be over in a moment."""
    return isinstance(error, PASSING)


def is_cluster_away(error: BaseException) -> bool:
    """Return whether an error means that Elasticsearch did not work for any index.

    A block of one index is not such an error, because a new attempt would find the same block.
    """
    return is_outage(error) and not isinstance(error, IndexBlocked)


def is_database_outage(error: BaseException) -> bool:
    """Return whether an error of a database may soon be over. Call it before other queries."""
    return isinstance(error, _OF_THE_DATABASE) or fault_of(error) is not Fault.DATA


class Patience:
    """Tries again until a server has been away for ``OPERATION_PATIENCE`` without a break.

    Args:
        on_pause: called before each pause; what it raises ends the attempts.
        passes: returns whether an error may be over in a moment.
    """

    def __init__(
        self,
        on_pause: Callable[[], None],
        passes: Callable[[BaseException], bool] = is_outage,
    ) -> None:
        self._on_pause = on_pause
        self._passes = passes
        self._away_since: float | None = None

    def __call__(self, work: Callable[[], Result]) -> Result:
        """Call ``work`` until it succeeds, and return its result."""
        attempts = Retrying(
            retry=retry_if_exception(self._passes),
            wait=wait_exponential_jitter(multiplier=0.2, max=LONGEST_PAUSE),
            stop=self._is_over,
            before_sleep=self._pause,
            reraise=True,
        )
        return attempts(work)

    def renew(self) -> None:
        """Record that the server did a part of the work, so the time starts again."""
        self._away_since = None

    def _is_over(self, state: RetryCallState) -> bool:
        now = time.monotonic()
        # Not since the first attempt, because one attempt may take longer than the patience.
        if self._away_since is None:
            self._away_since = now
        return now - self._away_since >= get_options().operation_patience

    def _pause(self, state: RetryCallState) -> None:
        self._on_pause()


def patiently(work: Callable[[], Result], on_pause: Callable[[], None]) -> Result:
    """Call ``work`` until it succeeds, and return its result.

    Args:
        work: the function to call. A failed call must have no effect.
        on_pause: called before each pause; what it raises ends the attempts.
    """
    return Patience(on_pause)(work)


def _passes(error: BaseException) -> bool:
    # After this time, an outer ``patiently`` must not start again.
    return is_database_outage(error) and not isinstance(error, DatabaseLost)


class DatabasePatience(Patience):
    """Calls a function again when the database fails, if the failure may be short."""

    def __init__(self) -> None:
        super().__init__(close_broken, _passes)

    def __call__(self, work: Callable[[], Result]) -> Result:
        """Call ``work`` until it succeeds, and return its result.

        Raises:
            DatabaseLost: the database failed for longer than ``OPERATION_PATIENCE``.
        """
        try:
            return super().__call__(work)
        except Error as error:
            if self._away_since is None:
                raise
            raise DatabaseLost(
                f"The database failed, and did not recover within OPERATION_PATIENCE "
                f"({tell(error, 'The database')}): check the database, and try again."
            ) from error


def outlast(work: Callable[[], Result]) -> Result:
    """Call ``work`` until the database does not fail, and return its result.

    Raises:
        DatabaseLost: the database failed for longer than ``OPERATION_PATIENCE``.
    """
    return DatabasePatience()(work)
