"""Read with the language and the time zone of the settings, independent of a request."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.urls import get_script_prefix, get_urlconf, set_script_prefix, set_urlconf
from django.utils import timezone, translation


@contextmanager
def as_configured() -> Iterator[None]:
    """Ignore the language, time zone and URLs that a request or a command has activated.

    In the block, ``LANGUAGE_CODE``, ``TIME_ZONE``, ``ROOT_URLCONF`` and ``FORCE_SCRIPT_NAME``
    apply.
    """
    with (
        translation.override(settings.LANGUAGE_CODE),
        timezone.override(None),
        _script_prefix(settings.FORCE_SCRIPT_NAME or "/"),
        _root_urlconf(),
    ):
        yield


@contextmanager
def _script_prefix(prefix: str) -> Iterator[None]:
    before = get_script_prefix()
    set_script_prefix(prefix)
    try:
        yield
    finally:
        set_script_prefix(before)


@contextmanager
def _root_urlconf() -> Iterator[None]:
    before = get_urlconf()
    set_urlconf(None)
    try:
        yield
    finally:
        set_urlconf(before)
