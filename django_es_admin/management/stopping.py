"""End a command early: with SIGTERM or Ctrl-C."""

import signal
import threading
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_MOMENT = 0.01
"""The seconds within which a function of SQLite returns."""

_CALLED_BY_SQLITE = "django.db.backends.sqlite3._functions"


@contextmanager
def stopping(stop: threading.Event) -> Iterator[None]:
    """Set ``stop`` on SIGTERM and Ctrl-C. Outside of the main thread, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C raise an exception only where it is not lost.

    Django defines Python functions for SQLite, for times and regular expressions. SQLite drops an
    exception in such a function, and the statement fails with an unrelated error.
    """
    stock = signal.default_int_handler
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not stock
    ):
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        if _is_within(_CALLED_BY_SQLITE, frame):
            # Not directly, because this handler would be called again before it returns.
            again = threading.Timer(_MOMENT, interrupt_main, [number])
            again.daemon = True
            again.start()
        else:
            stock(number, frame)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, stock)


def _is_within(module: str, frame: FrameType | None) -> bool:
    while frame is not None and frame.f_globals.get("__name__") != module:
        frame = frame.f_back
    return frame is not None
