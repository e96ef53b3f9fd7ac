"""The requests that the client sends to its nodes, and how long it would wait for each answer."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from django_es_admin.backends.transport.nodes import LimitedNode


@dataclass(frozen=True)
class Attempt:
    """One request to one node.

    Args:
        began: when it was sent, by ``time.monotonic()``.
        seconds: how long the client waits at most.
    """

    target: str
    began: float
    seconds: float


@dataclass
class Attempts:
    """The requests that were sent, in order.

    Args:
        most_at_once: the maximum number of simultaneous requests.
    """

    all: list[Attempt] = field(default_factory=list)
    most_at_once: int = 0

    @property
    def longest(self) -> float:
        """The seconds from the first request until the client gives up the last, at the latest.

        How long something takes depends on the machine; how long it may take does not. On a very
        busy machine, nothing is sent while an earlier request has not ended.
        """
        if not self.all:
            return 0.0
        ends = max(attempt.began + attempt.seconds for attempt in self.all)
        return ends - min(attempt.began for attempt in self.all)


@contextmanager
def noted_attempts() -> Iterator[Attempts]:
    """Record the requests that are sent in the block."""
    noted = Attempts()
    lock = threading.Lock()
    under_way = 0
    perform = LimitedNode._perform

    def note(self: LimitedNode, method: str, target: str, *rest: Any) -> Any:
        nonlocal under_way
        *_, seconds = rest
        with lock:
            noted.all.append(Attempt(target, time.monotonic(), seconds))
            under_way += 1
            noted.most_at_once = max(noted.most_at_once, under_way)
        try:
            return perform(self, method, target, *rest)
        finally:
            with lock:
                under_way -= 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LimitedNode, "_perform", note)
        yield noted
