"""Where a ``save()`` writes in several transactions, drain what they record at its end.

A project's ``save()`` may write more after the call of ``super().save()``: translations, tags,
counters. In autocommit the first of it is committed by then, and would be indexed without the rest.
"""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

from asgiref.sync import sync_to_async
from django.db import connections

from ...models import OutboxEntry

logger = logging.getLogger(__name__)

Do = Callable[[str, list[OutboxEntry]], None]


class _Save:
    """The outermost running ``save()``."""

    def __init__(self) -> None:
        # What is written in a transaction that is already open is committed with it.
        self.enclosed = {
            one.alias
            for one in connections.all(initialized_only=True)
            if one.in_atomic_block or (one.connection is not None and not one.autocommit)
        }
        self.left: dict[tuple[Do, str], list[OutboxEntry]] = {}

    def end(self) -> None:
        for (do, using), entries in self.left.items():
            try:
                do(using, entries)
            except Exception:
                logger.exception("Changes wait in the outbox")


_current: ContextVar[_Save | None] = ContextVar("django_es_admin_save", default=None)


def at_end_of_save(using: str, entries: list[OutboxEntry], do: Do) -> bool:
    """Call ``do`` with the database and ``entries`` at the end of the running ``save()``.

    All rows that are left to the same function are given to it at once.

    Returns:
        whether there is such a save, and what it writes is committed before its end.
    """
    save = _current.get()
    if save is None or not is_saving(using):
        return False
    save.left.setdefault((do, using), []).extend(entries)
    return True


def is_saving(using: str) -> bool:
    """Whether a ``save()`` is running whose writes to a database are committed before its end."""
    save = _current.get()
    return save is not None and using not in save.enclosed


@contextmanager
def saving() -> Iterator[None]:
    """Record that a ``save()`` is running; the end of the outermost one counts."""
    if _current.get() is not None:
        yield
        return
    save = _Save()
    token = _current.set(save)
    try:
        yield
    finally:
        # Also after an error: what was committed before it is to be indexed.
        _current.reset(token)
        save.end()


@asynccontextmanager
async def asaving() -> AsyncIterator[None]:
    """Record that an ``asave()`` is running."""
    if _current.get() is not None:
        yield
        return
    save = await sync_to_async(_Save)()
    token = _current.set(save)
    try:
        yield
    finally:
        _current.reset(token)
        await sync_to_async(save.end)()
