"""If a ``save()`` writes in several transactions, drain the recorded rows at its end.

A project's ``save()`` may write translations, tags or counters after ``super().save()``. In
autocommit mode, the first write is committed by then, and would be indexed without the rest.
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
        # Writes in a transaction that is already open are committed with that transaction.
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

    All rows for the same function are passed to it in one call.

    Returns:
        Whether a ``save()`` is running whose writes are committed before its end.
    """
    save = _current.get()
    if save is None or not is_saving(using):
        return False
    save.left.setdefault((do, using), []).extend(entries)
    return True


def is_saving(using: str) -> bool:
    """Return whether a ``save()`` is running whose writes are committed before its end."""
    save = _current.get()
    return save is not None and using not in save.enclosed


@contextmanager
def saving() -> Iterator[None]:
    """Record that a ``save()`` is running. Rows are drained at the end of the outermost one."""
    if _current.get() is not None:
        yield
        return
    save = _Save()
    token = _current.set(save)
    try:
        yield
    finally:
        # Also after an error, because what was committed before it must be indexed.
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
