"""The configured connections by alias, as ``django.db.connections`` has the databases."""

import os
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from ..exceptions import ConnectionDoesNotExist
from .abstracts import Base
from .configuration import (
    DEFAULT_CONNECTION_ALIAS,
    index_with_defaults,
    server_with_defaults,
)
from .problems import find_server_problems

__all__ = ["DEFAULT_CONNECTION_ALIAS", "ConnectionHandler"]


class ConnectionHandler:
    """Gives one connection per alias and process; safe to use from several threads.

    Args:
        servers: connections by alias, as ``ES_SERVERS``, which is the default.
        indices: indices by alias, as ``ES_INDICES``, which is the default.
    """

    def __init__(
        self,
        servers: Mapping[str, Any] | None = None,
        indices: Mapping[str, Any] | None = None,
    ) -> None:
        self._given_servers = servers
        self._given_indices = indices
        self._lock = threading.RLock()
        self.reset()
        setting_changed.connect(self._settings_changed, weak=True)
        os.register_at_fork(after_in_child=self._after_fork)

    def reset(self) -> None:
        """Forget all connections; settings are read again at the next use."""
        self._servers: dict[str, dict[str, Any]] | None = None
        self._indices: dict[str, dict[str, Any]] = {}
        self._connections: dict[str, Base] = {}
        self._pid = os.getpid()

    def _after_fork(self) -> None:
        # Another thread of the parent may have held the lock at the fork.
        self._lock = threading.RLock()

    def _settings_changed(self, *, setting: str, **kwargs: Any) -> None:
        if setting in ("ES_SERVERS", "ES_INDICES"):
            # Dropped, not closed: another thread may be in the middle of a request.
            with self._lock:
                self.reset()

    @property
    def servers(self) -> dict[str, dict[str, Any]]:
        """Alias -> entry of ``ES_SERVERS``, defaults filled in."""
        with self._lock:
            if self._servers is None:
                self._read_settings()
            assert self._servers is not None  # noqa: S101 (for the type checker)
            return self._servers

    @property
    def indices(self) -> dict[str, dict[str, Any]]:
        """Alias -> entry of ``ES_INDICES``, defaults filled in."""
        _ = self.servers
        return self._indices

    def _read_settings(self) -> None:
        servers = self._given_servers
        if servers is None:
            servers = getattr(settings, "ES_SERVERS", {})
        indices = self._given_indices
        if indices is None:
            indices = getattr(settings, "ES_INDICES", {})
        problem = next(find_server_problems(servers, indices), None)
        if problem:
            raise ImproperlyConfigured(f"{problem.message} {problem.hint}")
        self._indices = {
            alias: index_with_defaults(alias, index) for alias, index in indices.items()
        }
        self._servers = {
            alias: server_with_defaults(server)
            for alias, server in (servers or {DEFAULT_CONNECTION_ALIAS: {}}).items()
        }

    def __getitem__(self, alias: str) -> Base:
        self.check_for_multiprocess()
        with self._lock:
            if alias not in self._connections:
                self._connections[alias] = self.load_backend(alias)
            return self._connections[alias]

    def __iter__(self) -> Iterator[str]:
        return iter(self.servers)

    def __contains__(self, alias: object) -> bool:
        return alias in self.servers

    def all(self) -> list[Base]:
        """Return every configured connection."""
        return [self[alias] for alias in self]

    def check_for_multiprocess(self) -> None:
        """Drop the connections that came through a fork: two processes must not share a socket."""
        if self._pid != os.getpid():
            with self._lock:
                self._connections = {}
                self._pid = os.getpid()

    def get_server_indices(self, server: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Return alias -> index settings of the ``INDICES`` of one server."""
        return {alias: self.indices[alias] for alias in server["INDICES"]}

    def load_backend(self, alias: str) -> Base:
        """Make the connection ``alias``.

        Raises:
            ConnectionDoesNotExist: ``ES_SERVERS`` has no such alias.
            ImproperlyConfigured: its ``ENGINE`` cannot be imported or is no backend.
        """
        if alias not in self.servers:
            raise ConnectionDoesNotExist(
                f"There is no connection {alias!r}: ES_SERVERS has {', '.join(self.servers)}."
            )
        server = self.servers[alias]
        try:
            backend = import_string(server["ENGINE"])
        except ImportError as error:
            raise ImproperlyConfigured(
                f"ES_SERVERS[{alias!r}] has the ENGINE {server['ENGINE']!r}, "
                f"which cannot be imported: {error}."
            ) from error
        if not (isinstance(backend, type) and issubclass(backend, Base)):
            raise ImproperlyConfigured(
                f"ES_SERVERS[{alias!r}] has the ENGINE {server['ENGINE']!r}: "
                f"it must be a subclass of django_es_admin.backends.abstracts.Base."
            )
        return backend(alias, server, self.get_server_indices(server))
