"""Make each connection known to ``elasticsearch.dsl``: ``Search(using="default")`` just works."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from elasticsearch.dsl import connections as dsl

from .configuration import CONNECTION_SETTINGS, servers_of
from .project import connections

_known: set[str] = set()


class _Client:
    """The client of a connection, looked up at each use: a forked process has its own."""

    def __init__(self, alias: str) -> None:
        self._alias = alias

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            # elasticsearch.dsl would write its own name into the headers of our client.
            raise AttributeError(name)
        return getattr(connections[self._alias].client, name)


def introduce() -> None:
    """Register every connection under its alias; a bad setting is left to the system checks.

    What the project has registered by itself stays, unless its settings say something else.
    """
    try:
        aliases = set(connections)
    except ImproperlyConfigured:
        aliases = set()
    declared = bool(servers_of(settings))
    for alias in _known - aliases:
        if isinstance(_registered(alias), _Client):
            dsl.remove_connection(alias)
    for alias in aliases:
        if declared or isinstance(_registered(alias), (_Client, type(None))):
            dsl.add_connection(alias, _Client(alias))  # type: ignore[arg-type]
    _known.clear()
    _known.update(aliases)


def _registered(alias: str) -> object:
    """Return what stands under ``alias`` there; None for nothing."""
    try:
        return dsl.get_connection(alias)
    except KeyError:
        return None


def _settings_changed(*, setting: str, **kwargs: Any) -> None:
    if setting in CONNECTION_SETTINGS:
        introduce()


def connect() -> None:
    """Register the connections now, and again whenever the settings change."""
    introduce()
    setting_changed.connect(_settings_changed, dispatch_uid="django_es_admin.backends.dsl")
