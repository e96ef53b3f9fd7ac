"""Let several processes of this machine load a generation."""

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
    """The process that rebuilds was killed; the one that resumes it starts its own workers."""


@contextmanager
def hire_processes(
    definition: IndexDefinition, generation: Generation, count: int, rate: float | None
) -> Iterator[LookAfter]:
    """Let ``count`` processes load a generation, this one included; they end with the context.

    They are forks: they have the settings, documents and databases that this process has, however
    it came to them. One that dies leaves its ranges to the others.

    Args:
        rate: at most so many objects a second, by each of them.
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
    """Whether other processes of this machine can use the database that this one uses."""
    connection = connections[using]
    # A process of a pool may have none of its own, a worker of Celery for one.
    if multiprocessing.current_process().daemon or not hasattr(os, "fork"):
        return False
    if connection.in_atomic_block:
        return False
    in_memory = getattr(connection, "is_in_memory_db", None)
    return not (in_memory and in_memory())


def _hire(
    definition: IndexDefinition, generation: Generation, rate: float | None
) -> tuple[BaseProcess, str]:
    # A connection that two processes have belongs to neither.
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
    # Ctrl-C reaches all processes of a terminal; the one that rebuilds says what happens then.
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
        # Nothing that this process got from its parent is to be cleaned up twice.
        os._exit(status)


def _look_after(generation: Generation, hired: list[tuple[BaseProcess, str]]) -> None:
    """Let ranges be claimed at once that a process has left behind."""
    for process, worker in hired:
        if process.exitcode:
            release_ranges(generation, worker)
