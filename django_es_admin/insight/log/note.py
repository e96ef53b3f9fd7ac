"""Keep searches and clicks in memory until their response is sent, and write them in batches.

A process writes at the end of a request, at most every ``FLUSH_SECONDS``: the response is sent by
then. What the database refuses is dropped, said once in a while, and slows no search.
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
"""Between two batches of a process."""
MOST_KEPT = 10_000
"""Searches that a process keeps; of more, the oldest are dropped."""
PAUSE_SECONDS = 60.0
"""After the database has refused a batch."""

_kept: deque[Searched | Clicked] = deque(maxlen=MOST_KEPT)
_writing = threading.Lock()
_next = 0.0


def connect() -> None:
    """Listen to searches, and to the ends of requests."""
    let_mark(marks_of)
    searched.connect(note, dispatch_uid="django_es_admin.insight.log")
    request_finished.connect(_at_end, dispatch_uid="django_es_admin.insight.log")


def note(sender: Any, search: Searched, **kwargs: Any) -> None:
    """Keep one search, where the log is on and the sample takes it."""
    log = get_options().log_of_searches
    if log is None or not search.text:
        return
    if log.sample < 1 and random.random() >= log.sample:  # noqa: S311 (no secret)
        return
    _kept.append(search)


def note_click(mark: str, clicked: Clicked) -> None:
    """Keep that a result was opened, where clicks are counted and this one counts.

    Args:
        mark: of the result.
        clicked: what it says.
    """
    log = get_options().log_of_searches
    if log is None or not log.clicks:
        return
    if log.sample < 1 and random.random() >= log.sample:  # noqa: S311 (no secret)
        return
    if is_first(mark, clicked):
        _kept.append(clicked)


def forget_all() -> None:
    """Drop what is kept."""
    global _next  # noqa: PLW0603 (of this process)
    _kept.clear()
    _next = 0.0


def _at_end(**kwargs: Any) -> None:
    if _kept and time.monotonic() >= _next:
        flush()


def flush() -> int:
    """Write what is kept; return how many searches were written.

    It raises nothing: whatever the database refuses is dropped and logged.
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
