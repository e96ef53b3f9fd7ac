"""Do not let every save wait for something that was just found to be down, slow, busy or red.

This may be a connection, an index of a connection, or a generation of an index.
"""

import threading
import time
from typing import Any

from django.core.signals import setting_changed

from ...conf import get_options

_lock = threading.Lock()
_closed_again: dict[tuple[str, str], float] = {}


def is_open(alias: str, name: str = "") -> bool:
    """Return whether attempts should be skipped for now.

    Args:
        alias: the alias of the connection.
        name: the name of an index or a generation; the whole connection if omitted.
    """
    with _lock:
        return _closed_again.get((alias, name), 0.0) > time.monotonic()


def trip(alias: str, name: str = "") -> None:
    """Skip attempts for ``BREAKER_SECONDS``."""
    with _lock:
        _closed_again[alias, name] = time.monotonic() + get_options().breaker_seconds


def reset() -> None:
    """Allow all attempts again."""
    with _lock:
        _closed_again.clear()


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "ES_SERVERS":
        reset()


setting_changed.connect(_forget, dispatch_uid="django_es_admin.outbox.drain.breaker")
