"""Keep searches and clicks in memory until the response is sent, and write them in batches.

A process writes after a request, at most every ``FLUSH_SECONDS``, when the response has been sent.
If the database fails, the batch is dropped and this is logged now and then. No search becomes
slower.
"""

import logging
import random
import threading
import time
from collections import deque
from typing import Any

from django.core.signals import request_finished
from django.db import Error

from ...conf import get_options
from ...counted import many
from ...search.clicks import let_mark
from ...search.searched import Searched, searched
from .clicks import Clicked, is_first, marks_of
from .write import write

logger = logging.getLogger("django_es_admin.search")

FLUSH_SECONDS = 5.0
"""The seconds between two batches of a process."""
MOST_KEPT = 10_000
"""The maximum number of searches in memory. Beyond that, the oldest are dropped."""
PAUSE_SECONDS = 60.0
"""The pause after the database has failed."""

_kept: deque[Searched | Clicked] = deque(maxlen=MOST_KEPT)
_writing = threading.Lock()
_next = 0.0


def connect() -> None:
    """Connect to the signals for searches and the ends of requests."""
    let_mark(marks_of)
    searched.connect(note, dispatch_uid="django_es_admin.insight.log")
    request_finished.connect(_at_end, dispatch_uid="django_es_admin.insight.log")


def note(sender: Any, search: Searched, **kwargs: Any) -> None:
    """Keep one search, if the log is on and the sample includes it."""
    log = get_options().log_of_searches
    if log is None or not search.text:
        return
    if log.sample < 1 and random.random() >= log.sample:  # noqa: S311 (no secret)
        return
    _kept.append(search)


def note_click(mark: str, clicked: Clicked) -> None:
    """Keep one click, if clicks are counted and this one counts.

    Args:
        mark: the mark of the result.
        clicked: the content of the mark.
    """
    log = get_options().log_of_searches
    if log is None or not log.clicks:
        return
    if log.sample < 1 and random.random() >= log.sample:  # noqa: S311 (no secret)
        return
    if is_first(mark, clicked):
        _kept.append(clicked)


def forget_all() -> None:
    """Drop everything in memory."""
    global _next  # noqa: PLW0603 (of this process)
    _kept.clear()
    _next = 0.0


def _at_end(**kwargs: Any) -> None:
    if _kept and time.monotonic() >= _next:
        flush()


def flush() -> int:
    """Write everything in memory; return the number of searches.

    It does not raise: if the database fails, the batch is dropped, and the error is logged.
    """
    global _next  # noqa: PLW0603 (of this process)
    if not _writing.acquire(blocking=False):
        return 0
    try:
        _next = time.monotonic() + FLUSH_SECONDS
        batch = [_kept.popleft() for _ in range(len(_kept))]
        if not batch:
            return 0
        write(batch)
    except Error as error:
        _next = time.monotonic() + PAUSE_SECONDS
        logger.warning(
            "%s not logged: %s. Run `manage.py migrate` if the table is missing.",
            many(len(batch), "search was", "searches were"),
            type(error).__name__,
        )
        return 0
    except Exception:
        _next = time.monotonic() + PAUSE_SECONDS
        logger.exception("Searches were not logged.")
        return 0
    finally:
        _writing.release()
    return len(batch)
