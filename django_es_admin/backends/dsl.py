"""Register each connection with ``elasticsearch.dsl``, so ``Search(using="default")`` works."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from elasticsearch import Elasticsearch
from elasticsearch.dsl import connections as dsl

from .project import connections
from .settings.configuration import CONNECTION_SETTINGS, servers_of

_known: set[str] = set()


class _Client:
    """The client of a connection, looked up at each use, because a forked process has its own.

    It can be used in place of the client, also with ``isinstance()``, and in
    ``elasticsearch.helpers``, which read its private attributes.
    """

    def __init__(self, alias: str) -> None:
        self._alias = alias

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._found)

    @property
    def _found(self) -> Elasticsearch:
        return connections[self._alias].client

    def __getattr__(self, name: str) -> Any:
        if name == "_headers":
            # elasticsearch.dsl would add its own name to the headers of our client.
            raise AttributeError(name)
        return getattr(self._found, name)

    def __eq__(self, other: object) -> bool:
        return self is other or self._found is getattr(other, "_found", other)

    def __hash__(self) -> int:
        return hash(self._found)

    def __repr__(self) -> str:
        return repr(self._found)


def introduce() -> None:
    """Register every connection under its alias. System checks report invalid settings.

    Connections that the project has registered itself are kept, unless the settings declare the
    same alias.
    """
    try:
        aliases = set(connections)
    except ImproperlyConfigured:
        aliases = set()
    declared = bool(servers_of(settings))
    for alias in _known - aliases:
        if _is_ours(_registered(alias)):
            dsl.remove_connection(alias)
    for alias in aliases:
        found = _registered(alias)
        if declared or found is None or _is_ours(found):
            dsl.add_connection(alias, _Client(alias))  # type: ignore[arg-type]
    _known.clear()
    _known.update(aliases)


def _is_ours(client: object) -> bool:
    # Not isinstance(), which would create the client to ask for its class.
    return type(client) is _Client


def _registered(alias: str) -> object:
    """Return the connection registered there as ``alias``; None if there is none."""
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
