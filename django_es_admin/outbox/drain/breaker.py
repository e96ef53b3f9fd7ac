"""Do not let every save wait for a connection that was just found down."""

import threading
import time
from typing import Any

from django.core.signals import setting_changed

from ...conf import get_options

_lock = threading.Lock()
_closed_again: dict[str, float] = {}


def is_open(alias: str) -> bool:
    """Whether attempts on the connection ``alias`` should be skipped for now."""
    with _lock:
        return _closed_again.get(alias, 0.0) > time.monotonic()


def trip(alias: str) -> None:
    """Skip attempts on the connection ``alias`` for ``BREAKER_SECONDS``; the next one is tried."""
    with _lock:
        _closed_again[alias] = time.monotonic() + get_options().breaker_seconds


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "ES_SERVERS":
        with _lock:
            _closed_again.clear()


setting_changed.connect(_forget, dispatch_uid="django_es_admin.outbox.drain.breaker")
