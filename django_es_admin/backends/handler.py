"""The configured connections by alias, like ``django.db.connections`` for databases."""

import os
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from weakref import WeakSet

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables

from ..exceptions import ConnectionDoesNotExist, IndexNotDeclared
from .abstracts import Base
from .settings.configuration import (
    CONNECTION_SETTINGS,
    DEFAULT_CONNECTION_ALIAS,
    engine_path,
    index_for_tests,
    index_with_defaults,
    server_for_tests,
    server_with_defaults,
    servers_of,
    servers_setting,
)
from .settings.validation import InvalidSetting, find_server_problems

__all__ = ["DEFAULT_CONNECTION_ALIAS", "ConnectionHandler", "load_backend"]


def load_backend(path: str) -> Any:
    """Import the class that an ``ENGINE`` names.

    Raises:
        ImproperlyConfigured: it cannot be imported.
    """
    try:
        return import_string(engine_path(path))
    except ImportError as error:
        raise ImproperlyConfigured(f"{path!r} cannot be imported: {error}.") from error


class ConnectionHandler:
    """Provides one connection per alias and process; safe to use from several threads.

    Args:
        servers: the connections by alias; by default ``ES_SERVERS``.
        indices: the indices by alias; by default ``ES_INDICES``.
    """

    def __init__(
        self,
        servers: Mapping[str, Any] | None = None,
        indices: Mapping[str, Any] | None = None,
    ) -> None:
        self._given_servers = servers
        self._given_indices = indices
        self._test_namespace: str | None = None
        self._lock = threading.RLock()
        self._made: WeakSet[Base] = WeakSet()
        self.reset()
        setting_changed.connect(self._settings_changed, weak=True)
        os.register_at_fork(after_in_child=self._after_fork)

    def reset(self) -> None:
        """Drop all connections. The settings are read again on the next use."""
        self._servers: dict[str, dict[str, Any]] | None = None
        self._indices: dict[str, dict[str, Any]] = {}
        self._connections: dict[str, Base] = {}
        self._pid = os.getpid()

    def _after_fork(self) -> None:
        # Another thread of the parent may have held the lock during the fork.
        self._lock = threading.RLock()

    def _settings_changed(self, *, setting: str, **kwargs: Any) -> None:
        if setting in CONNECTION_SETTINGS:
            # Dropped and not closed, because another thread may be sending a request.
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
        # Error reports show the variables of each frame, so the frame that raises has no settings.
        problem = self._find_problem()
        if problem:
            raise ImproperlyConfigured(f"{problem.message} {problem.hint}")
        self._take_settings()

    @sensitive_variables()
    def _given(self) -> tuple[Any, Any, str]:
        """Return connections, indices, and the name of the setting for the connections."""
        servers, setting = self._given_servers, "ES_SERVERS"
        if servers is None:
            servers, setting = servers_of(settings), servers_setting(settings)
        indices = self._given_indices
        if indices is None:
            indices = getattr(settings, "ES_INDICES", {})
        return servers, indices, setting

    @sensitive_variables()
    def _find_problem(self) -> InvalidSetting | None:
        return next(find_server_problems(*self._given()), None)

    @sensitive_variables()
    def _take_settings(self) -> None:
        servers, indices, _setting = self._given()
        self._indices = {alias: dict(index) for alias, index in indices.items()}
        self._servers = {
            alias: dict(server)
            for alias, server in (servers or {DEFAULT_CONNECTION_ALIAS: {}}).items()
        }
        for alias in self._indices:
            self.ensure_index_defaults(alias)
            self.prepare_index_test_settings(alias)
        for alias in self._servers:
            self.ensure_server_defaults(alias)
            self.prepare_server_test_settings(alias)
        if self._test_namespace is not None:
            self._use_test_settings(self._test_namespace)

    def _use_test_settings(self, namespace: str) -> None:
        assert self._servers is not None  # noqa: S101 (for the type checker)
        for index in self._indices.values():
            index.update(index["TEST"])
        for server in self._servers.values():
            server.update(server["TEST"])
            server["INDEX_PREFIX"] += namespace

    def use_namespace(self, namespace: str | None) -> None:
        """Use the test settings, and add ``namespace`` before the name of every index and alias.

        This stays when settings are overridden, so that a test cannot leave its namespace by
        mistake. The connections refuse every request for another index.

        Args:
            namespace: such as ``"test-3f9a-"``; None for the project's own names.
        """
        with self._lock:
            self._test_namespace = namespace
            self.reset()
            # A module that was imported before may keep a connection, which must not reach the live
            # index.
            for held in tuple(self._made):
                if held.alias in self.servers:
                    server = self.servers[held.alias]
                    held.reconfigure(server, self.get_server_indices(server))

    @property
    def namespace(self) -> str | None:
        """The prefix that test support adds to every name; None outside of tests."""
        return self._test_namespace

    def ensure_server_defaults(self, alias: str) -> None:
        """Add the defaults to the settings of the connection ``alias``.

        Raises:
            ConnectionDoesNotExist: there is no such connection.
        """
        server = self._server(alias)
        server.update(server_with_defaults(server))

    def ensure_index_defaults(self, alias: str) -> None:
        """Add the defaults to the settings of the index ``alias``.

        Raises:
            IndexNotDeclared: ``ES_INDICES`` has no such index.
        """
        index = self._index(alias)
        index.update(index_with_defaults(alias, index))

    def prepare_server_test_settings(self, alias: str) -> None:
        """Add the defaults to ``TEST`` of the connection ``alias``.

        Raises:
            ConnectionDoesNotExist: there is no such connection.
        """
        server = self._server(alias)
        server["TEST"] = server_for_tests(server)

    def prepare_index_test_settings(self, alias: str) -> None:
        """Add the defaults to ``TEST`` of the index ``alias``.

        Raises:
            IndexNotDeclared: ``ES_INDICES`` has no such index.
        """
        index = self._index(alias)
        index["TEST"] = index_for_tests(alias, index)

    def _server(self, alias: str) -> dict[str, Any]:
        if alias not in self.servers:
            raise ConnectionDoesNotExist(
                f"There is no connection {alias!r}: ES_SERVERS has {', '.join(self.servers)}."
            )
        return self.servers[alias]

    def _index(self, alias: str) -> dict[str, Any]:
        if alias not in self.indices:
            names = ", ".join(self.indices) or "none"
            raise IndexNotDeclared(f"There is no index {alias!r}: ES_INDICES has {names}.")
        return self.indices[alias]

    def __getitem__(self, alias: str) -> Base:
        self.check_for_multiprocess()
        with self._lock:
            if alias not in self._connections:
                self._connections[alias] = self.load_backend(alias)
            return self._connections[alias]

    def __setitem__(self, alias: str, connection: Base) -> None:
        self.check_for_multiprocess()
        with self._lock:
            self._connections[alias] = connection

    def __delitem__(self, alias: str) -> None:
        """Drop a connection. The next use of the alias creates it again from its settings."""
        with self._lock:
            if alias not in self._connections:
                self._server(alias)
            self._connections.pop(alias, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self.servers)

    def __contains__(self, alias: object) -> bool:
        return alias in self.servers

    def all(self) -> list[Base]:
        """Return every configured connection, in the order of the settings."""
        return [self[alias] for alias in self]

    def check_for_multiprocess(self) -> None:
        """Drop connections inherited through a fork: two processes must not share a socket."""
        if self._pid != os.getpid():
            with self._lock:
                self._connections = {}
                self._pid = os.getpid()

    def get_server_indices(self, server: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Return alias -> index settings, for ``INDICES`` of one server."""
        return {alias: self.indices[alias] for alias in server["INDICES"]}

    def load_backend(self, alias: str) -> Base:
        """Create the connection ``alias``.

        Raises:
            ConnectionDoesNotExist: ``ES_SERVERS`` has no such alias.
            ImproperlyConfigured: its ``ENGINE`` cannot be imported, or is not a backend.
        """
        # No variable contains the settings, because error reports would show it.
        engine = self._server(alias)["ENGINE"]
        try:
            backend = load_backend(engine)
        except ImproperlyConfigured as error:
            raise ImproperlyConfigured(f"ENGINE of ES_SERVERS[{alias!r}]: {error}") from error
        if not (isinstance(backend, type) and issubclass(backend, Base)):
            raise ImproperlyConfigured(
                f"ES_SERVERS[{alias!r}] has the ENGINE {engine!r}: "
                f"it must be a subclass of django_es_admin.backends.abstracts.Base."
            )
        made: Base = backend(
            alias, self._server(alias), self.get_server_indices(self._server(alias))
        )
        self._made.add(made)
        return made
