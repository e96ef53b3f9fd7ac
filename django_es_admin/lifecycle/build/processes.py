"""Let several processes on this machine load a generation."""

import logging
import multiprocessing
import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.process import BaseProcess

from django.db import Error, connections

from ...faults import close_broken
from ...indices.definition import IndexDefinition
from ...models import Generation
from ...operations.patience import outlast
from .load import LookAfter, help_load, nobody_to_look_after
from .ranges import release_ranges

logger = logging.getLogger(__name__)

SECONDS_TO_END = 15.0
"""How long a process that must end may continue with its request."""


class ParentGone(Exception):
    """The process that does the rebuild was killed. Whoever resumes it starts new workers."""


@contextmanager
def hire_processes(
    definition: IndexDefinition, generation: Generation, count: int, rate: float | None
) -> Iterator[LookAfter]:
    """Let ``count`` processes, including this one, load a generation while the context is open.

    The processes are forks, so they have the same settings, documents and databases as this one. If
    one dies, the others take its ranges.

    Args:
        rate: the maximum number of objects per second, of each process.
    """
    if not can_fork(definition.database):
        logger.warning(
            "One process loads %s: this database cannot be used by several, a transaction is open, "
            "or this process may start no others.",
            definition.name,
        )
        yield nobody_to_look_after
        return
    hired: list[tuple[BaseProcess, str]] = []
    finished = False
    try:
        while len(hired) < count - 1:
            try:
                hired.append(_hire(definition, generation, rate))
            except OSError as error:
                logger.warning(
                    "%s is loaded by %d of %d: this machine starts no more processes (%s).",
                    definition.name,
                    len(hired) + 1,
                    count,
                    error,
                )
                break
        yield partial(_look_after, generation, hired)
        finished = True
    finally:
        for process, _worker in hired:
            if not finished:
                process.terminate()
            process.join(SECONDS_TO_END)
            if process.is_alive():
                process.kill()
                process.join()
        close_broken()
        with suppress(Error):
            _look_after(generation, hired)


def can_fork(using: str) -> bool:
    """Return whether other processes on this machine can use the database of this process."""
    connection = connections[using]
    # A process of a pool, such as a worker of Celery, may not start processes.
    if multiprocessing.current_process().daemon or not hasattr(os, "fork"):
        return False
    if connection.in_atomic_block:
        return False
    in_memory = getattr(connection, "is_in_memory_db", None)
    return not (in_memory and in_memory())


def _hire(
    definition: IndexDefinition, generation: Generation, rate: float | None
) -> tuple[BaseProcess, str]:
    # A connection must not be shared by two processes.
    for connection in connections.all(initialized_only=True):
        connection.close()
        if pooled := getattr(connection, "close_pool", None):
            pooled()
    worker = secrets.token_hex(8)
    process = multiprocessing.get_context("fork").Process(
        target=_work, args=(definition, generation, rate, worker, os.getpid()), daemon=True
    )
    process.start()
    return process, worker


def _work(
    definition: IndexDefinition,
    generation: Generation,
    rate: float | None,
    worker: str,
    parent: int,
) -> None:
    # Ctrl-C reaches all processes of a terminal. Only the process of the rebuild handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def going_on() -> None:
        if os.getppid() != parent:
            raise ParentGone

    status = 1
    try:
        outlast(partial(help_load, definition, generation, going_on, rate=rate, worker=worker))
        status = 0
    except ParentGone:
        status = 0
    except Exception:
        logger.exception("A worker of the rebuild of %s ended", definition.name)
    finally:
        # Nothing that this process inherited from its parent may be cleaned up twice.
        os._exit(status)


def _look_after(generation: Generation, hired: list[tuple[BaseProcess, str]]) -> None:
    """Release the ranges that a dead process has left."""
    for process, worker in hired:
        if process.exitcode:
            release_ranges(generation, worker)
