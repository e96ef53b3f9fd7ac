"""Claim ranges and load them: the next objects are read while the previous ones are written."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.db import Error

from ...exceptions import BatchTooOld, RangeTakenOver, ServerBusy
from ...faults import close_broken
from ...indices.bulk import BulkResult
from ...indices.definition import IndexDefinition
from ...models import Generation, LoadRange
from ...operations.patience import is_outage
from ...operations.throttle import Throttle
from .part import Batch, Part
from .ranges import claim_range, finish, give_back, renew

RENEW_SECONDS = 1.0

MOST_IN_FLIGHT = 2
"""How many requests are sent at the same time: one being processed, and one waiting."""

GROWS_AFTER = 10
"""After this many requests without a failure, one more may be sent at the same time."""


@dataclass
class _Open:
    """A range that this process is loading.

    Args:
        rows: the number of objects read so far.
        flying: the number of batches being written.
        read: whether the whole range was read.
        lost: whether another process has taken the range.
    """

    claimed: LoadRange
    part: Part
    rows: int = 0
    flying: int = 0
    read: bool = False
    lost: bool = False


class Pipeline:
    """Loads ranges, some of them at the same time.

    Threads send the requests and do nothing else, because a database connection belongs to the
    thread that opened it.

    Args:
        tell: called about every second; an exception ends the load.
        rate: the maximum number of objects per second.
        worker: the prefix of this process's claims.
    """

    def __init__(
        self,
        definition: IndexDefinition,
        generation: Generation,
        tell: Callable[[], None],
        *,
        rate: float | None = None,
        worker: str = "",
    ) -> None:
        self._generation = generation
        self._parts = {part.part_label: Part(part, generation) for part in definition.parts}
        self._tell = tell
        self._throttle = Throttle(rate, self._renew)
        self._worker = worker
        self._open: list[_Open] = []
        self._flying: deque[tuple[_Open, Batch, Future[BulkResult]]] = deque()
        self._most, self._answered = 1, 0
        self._renewed = 0.0

    def load_ranges(self) -> None:
        """Load ranges until there is none left to claim.

        Raises:
            ElasticsearchAdminError: a request failed as a whole, for longer than
                ``OPERATION_PATIENCE``.
        """
        with self._sending() as pool:
            while claimed := claim_range(self._generation, self._worker):
                self._load(claimed, pool)
            while self._flying:
                self._land()

    @contextmanager
    def _sending(self) -> Iterator[ThreadPoolExecutor]:
        pool = ThreadPoolExecutor(MOST_IN_FLIGHT, thread_name_prefix="es-load")
        try:
            yield pool
        except BaseException:
            # Requests that are being sent may still arrive, which is harmless: they are normal
            # writes.
            pool.shutdown(wait=False, cancel_futures=True)
            close_broken()
            for opened in self._open:
                with suppress(Error):
                    give_back(opened.claimed)
            raise
        finally:
            self._open, self._flying = [], deque()
            pool.shutdown()

    def _load(self, claimed: LoadRange, pool: ThreadPoolExecutor) -> None:
        opened = _Open(claimed, self._parts[claimed.document])
        self._open.append(opened)
        after, more = None, True
        while more and not opened.lost:
            batch = opened.part.read(claimed, after)
            opened.part.grow()
            # If the previous batch has failed, this one is read again, in smaller requests.
            if again := self._make_room(opened):
                batch = again
            elif batch.keys:
                self._send(opened, batch, pool)
            after = batch.keys[-1] if batch.keys else after
            more = batch.full
        opened.read = True
        self._close(opened)

    def _make_room(self, opened: _Open) -> Batch | None:
        """Wait until another request may be sent.

        Returns:
            The batch that was written in place of the range's last one, if that had failed.
        """
        again = None
        while len(self._flying) >= self._most:
            again = self._land(opened) or again
        return again

    def _send(self, opened: _Open, batch: Batch, pool: ThreadPoolExecutor) -> None:
        opened.flying += 1
        self._flying.append((opened, batch, pool.submit(opened.part.send, batch)))
        opened.rows += batch.rows
        self._throttle.spend(batch.rows)
        if time.monotonic() - self._renewed >= RENEW_SECONDS:
            self._renew()

    def _land(self, reading: _Open | None = None) -> Batch | None:
        """Wait for the answer to the oldest request, and repeat it if it failed for the moment.

        Args:
            reading: the range that is being read.

        Returns:
            The batch that was written instead, if reading has to continue after it.
        """
        opened, batch, future = self._flying.popleft()
        while True:
            try:
                error = future.exception(timeout=RENEW_SECONDS)
                break
            except NotYet:
                self._renew()
        again = None
        try:
            if error is not None:
                raise error  # noqa: TRY301 (as the request itself does)
            opened.part.take(batch, future.result())
            self._grow()
        except Exception as failure:
            if not is_outage(failure):
                raise
            self._most, self._answered = 1, 0
            if isinstance(failure, (BatchTooOld, ServerBusy)):
                opened.part.shrink(batch)
            again = self._write_again(opened, batch, is_last=opened is reading and not self._flying)
        opened.flying -= 1
        self._close(opened)
        return again

    def _write_again(self, opened: _Open, batch: Batch, *, is_last: bool) -> Batch | None:
        """Write a failed batch again.

        Args:
            is_last: whether no later batch was sent, so that the new batch may have another end.
        """
        part, claimed = opened.part, opened.claimed
        if is_last:
            done = part.write_next(claimed, batch.after, None, self._renew)
            opened.rows += done.rows - batch.rows
            return done
        after, more = batch.after, True
        while more:
            done = part.write_next(claimed, after, batch.keys[-1], self._renew)
            after, more = (done.keys or [after])[-1], done.full
        return None

    def _grow(self) -> None:
        self._answered += 1
        if self._answered >= GROWS_AFTER:
            self._most, self._answered = min(self._most + 1, MOST_IN_FLIGHT), 0

    def _close(self, opened: _Open) -> None:
        """Finish a range once all of it was written."""
        if opened.lost or not opened.read or opened.flying:
            return
        self._open.remove(opened)
        with suppress(RangeTakenOver):
            finish(opened.claimed, opened.rows)

    def _renew(self) -> None:
        """Renew the claims on the open ranges, and report their progress."""
        self._renewed = time.monotonic()
        for opened in list(self._open):
            try:
                renew(opened.claimed, opened.rows)
            except RangeTakenOver:
                opened.lost = True
                self._open.remove(opened)
        self._tell()
