"""How many writes came too late, counted in memory and written from time to time.

With one counter row per index, all drains would wait for that row. In a crash, a few seconds of
these figures may be lost.
"""

import threading
import time
from collections import Counter
from contextlib import suppress

from django.db import Error
from django.db.models import F

from ...models import Generation

FLUSH_SECONDS = 10.0

_lock = threading.Lock()
_written: Counter[tuple[str, int]] = Counter()
_stale: Counter[tuple[str, int]] = Counter()
_flushed = time.monotonic()


def count(using: str, generation: int, written: int, stale: int) -> None:
    """Count documents that were sent to a generation, and those it had in a newer version."""
    with _lock:
        _written[using, generation] += written
        _stale[using, generation] += stale
        due = time.monotonic() - _flushed > FLUSH_SECONDS
    if due:
        flush()


def flush() -> None:
    """Add the counts to the table of generations."""
    global _flushed  # noqa: PLW0603 (one per process)
    with _lock:
        written, stale = dict(_written), dict(_stale)
        _written.clear()
        _stale.clear()
        _flushed = time.monotonic()
    for (using, generation), number in written.items():
        # If the database fails, a few seconds of figures are lost, but the drain is not affected.
        with suppress(Error):
            Generation.objects.using(using).filter(pk=generation).update(
                written=F("written") + number, stale=F("stale") + stale[using, generation]
            )
