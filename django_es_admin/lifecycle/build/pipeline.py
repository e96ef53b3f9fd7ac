"""Claim ranges and load them: the next objects are read while the last ones are written."""

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
"""Requests at once: one that Elasticsearch works on, and one that waits for it."""

GROWS_AFTER = 10
"""Requests that were answered in time, after which another one may be sent beside them."""


@dataclass
class _Open:
    """A range that this process works on.

    Args:
        rows: objects of it that were read.
        flying: batches that are being written.
        read: whether all of it was read.
        lost: whether another process has it.
    """

    claimed: LoadRange
    part: Part
    rows: int = 0
    flying: int = 0
    read: bool = False
    lost: bool = False


class Pipeline:
    """Loads ranges, some of them at the same time.

    Requests are sent by threads of their own, and nothing else is done there: connections to the
    database belong to the thread that made them.

    Args:
        tell: called about every second; what it raises ends the load.
        rate: at most so many objects a second.
        worker: what the claims of this process begin with.
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
        """Load ranges until there is none to claim.

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
            # What is being sent may still arrive: it is as good as any other write.
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
            # What was read while the batch before it failed is read again, in smaller requests.
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
            what was written instead of the last batch of this range, where that had failed.
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
        """Wait until the first request is answered; do it again if it failed for the moment.

        Args:
            reading: the range that is being read.

        Returns:
            what was written instead, if reading has to go on behind it.
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
        """Write again what had failed.

        Args:
            is_last: whether nothing behind it has been sent, so that it may end anywhere.
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
        """End a range once all of it was written."""
        if opened.lost or not opened.read or opened.flying:
            return
        self._open.remove(opened)
        with suppress(RangeTakenOver):
            finish(opened.claimed, opened.rows)

    def _renew(self) -> None:
        """Renew the claim on these ranges, and report the progress of all of them."""
        self._renewed = time.monotonic()
        for opened in list(self._open):
            try:
                renew(opened.claimed, opened.rows)
            except RangeTakenOver:
                opened.lost = True
                self._open.remove(opened)
        self._tell()
