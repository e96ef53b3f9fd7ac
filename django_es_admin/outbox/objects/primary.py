"""Read objects from the database that their changes are committed to, never from a replica.

A replica lags behind. What is read there may be older than the tick that it is written with, and
would replace a newer document. Prefetches and the project's own methods ask the project's database
routers where to read, so this module sets the answer of the routers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models, router

from ...documents.reading.configured import as_configured

_database: ContextVar[str | None] = ContextVar("django_es_admin_database", default=None)


class _Primary:
    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        database = _database.get()
        # A model that belongs to another database is read from there, as usual.
        if database is not None and router.db_for_write(model) == database:
            return database
        return None


_ROUTER = _Primary()


@contextmanager
def reading_from(database: str) -> Iterator[None]:
    """Let every query in the block, for a model written to ``database``, read from ``database``.

    The language and the time zone are those of the settings, in every process.
    """
    if _ROUTER not in router.routers:
        router.routers.insert(0, _ROUTER)
    token = _database.set(database)
    try:
        with as_configured():
            yield
    finally:
        _database.reset(token)
