"""Processes that may work on an operation."""

import os
import signal
from collections.abc import Iterator

import pytest


@pytest.fixture
def child() -> Iterator[int]:
    """The id of a process that does nothing until it is killed."""
    pid = os.fork()
    if not pid:
        signal.pause()
        os._exit(0)
    yield pid
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
