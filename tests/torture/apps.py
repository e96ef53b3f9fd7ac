"""Torture's own app: more documents, a database that pauses at random, and rebuilds that fail."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

SHARE = 0.08
"""Of the statements that are paused at."""


class TortureConfig(AppConfig):
    """The app.

    TORTURE_PAUSES is the seed of the pauses, without it there are none. TORTURE_DOOM is a step of a
    rebuild and what happens as it begins: "load kill", or "load pause 0.5", for somebody to do harm
    within so many seconds.
    """

    name = "tests.torture"
    label = "torture"

    def ready(self) -> None:
        """Make every connection to the database pause."""
        seed = os.environ.get("TORTURE_PAUSES")
        if seed:
            self.pauses = Pauses(seed)
            connection_created.connect(self.pauses.install, weak=False)
        doom = os.environ.get("TORTURE_DOOM")
        if doom:
            _doom(*doom.split())


def _doom(step: str, what: str, seconds: str = "0.5") -> None:
    """Let a process that rebuilds come to harm where it begins a step."""
    from django_es_admin.operations.progress import Progress
    from django_es_admin.operations.recording import Record

    tell = Record.tell
    met: list[str] = []

    def tell_and_meet_it(self: Record, progress: Progress) -> None:
        tell(self, progress)
        if progress.step != step or met:
            return
        met.append(step)
        if what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        print("paused", flush=True)
        time.sleep(float(seconds))

    Record.tell = tell_and_meet_it  # type: ignore[method-assign]


class Pauses:
    """Waits at some SQL statements, so that what lies between two of them may be overtaken.

    Args:
        seed: with the name of the thread, what the pauses follow from.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._local = threading.local()

    def install(self, *, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
        """Pause on this connection from now on."""
        if self.execute not in connection.execute_wrappers:
            connection.execute_wrappers.append(self.execute)

    def execute(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        """Execute the statement, and wait before or after it, perhaps."""
        chosen = self._random()
        # Within a transaction others may have to wait, too: it is for a moment then.
        longest = 0.01 if context["connection"].in_atomic_block else 0.15
        seconds = chosen.uniform(0, longest) if chosen.random() < SHARE else 0.0
        before = chosen.random() < 0.5
        if before:
            time.sleep(seconds)
        try:
            return execute(sql, params, many, context)
        finally:
            if not before:
                time.sleep(seconds)

    def _random(self) -> random.Random:
        if not hasattr(self._local, "random"):
            self._local.random = random.Random(f"{self._seed} {threading.current_thread().name}")
        found: random.Random = self._local.random
        return found
