"""The part of a connection that does not depend on Elasticsearch: its names."""

import copy
import os
import threading
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

from django.views.decorators.debug import sensitive_variables
from elasticsearch import Elasticsearch

from .settings.configuration import index_with_defaults, node_addresses, server_with_defaults
from .transport.frames import without_frames


class Base:
    """A connection: an alias of ``ES_SERVERS`` with its indices and its client.

    Args:
        alias: the connection's alias, its key in ``ES_SERVERS``.
        server: its entry of ``ES_SERVERS``. Missing keys have their defaults.
        indices: the entries of ``ES_INDICES`` that ``INDICES`` names, by alias or as a list.
    """

    if TYPE_CHECKING:
        # A backend has the methods of its client, which no type checker can derive.
        def __getattr__(self, name: str) -> Any: ...

    @sensitive_variables("server")
    def __init__(
        self,
        alias: str,
        server: Mapping[str, Any],
        indices: Mapping[str, Mapping[str, Any]] | Iterable[Mapping[str, Any]],
    ) -> None:
        self.alias = alias
        self._lock = threading.Lock()
        self._options: dict[str, Any] = {}
        # This object, and the copies that options() made.
        self._kin: WeakSet[Base] = WeakSet((self,))
        self._configure(server, indices)

    @sensitive_variables("server")
    def _configure(
        self,
        server: Mapping[str, Any],
        indices: Mapping[str, Mapping[str, Any]] | Iterable[Mapping[str, Any]],
    ) -> None:
        self.server: Mapping[str, Any] = server_with_defaults(server)
        named = (
            indices.items()
            if isinstance(indices, Mapping)
            else ((index["NAME"], index) for index in indices)
        )
        self.indices_settings: dict[str, Mapping[str, Any]] = {
            name: index_with_defaults(name, index) for name, index in named
        }
        self.label: str = self.server["LABEL"] or self.alias
        self.color: str = self.server["COLOR"]
        self.readonly: bool = self.server["READONLY"]
        self.index_prefix: str = self.server["INDEX_PREFIX"]
        self._pid = os.getpid()
        self._client: Elasticsearch | None = None
        self._writers: dict[float, Elasticsearch] = {}

    def reconfigure(
        self, server: Mapping[str, Any], indices: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Use other settings from now on, wherever this connection is stored, with a new client."""
        for connection in tuple(self._kin):
            for name in ("indices", "index_names", "alias_names", "_addresses"):
                vars(connection).pop(name, None)
            connection._configure(server, indices)  # noqa: SLF001 (of its own class)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.alias!r}>"

    @property
    def client(self) -> Elasticsearch:
        """The official client; thread-safe, one per connection and process."""
        if self._pid != os.getpid():
            # Inherited through a fork, and so is the lock, which another thread of the parent may
            # hold.
            self._lock = threading.Lock()
            self._client, self._writers, self._pid = None, {}, os.getpid()
        if self._client is None:
            with self._lock:
                if self._client is None:
                    client = self.configure_client()
                    self._client = client.options(**self._options) if self._options else client
        return self._client

    def options(self, **options: Any) -> Self:
        """Return this connection with other options for its requests, as ``client.options()``.

        The result has the same indices, and shares the sockets.

        Args:
            options: such as ``request_timeout`` (seconds), ``ignore_status``, ``max_retries``.
        """
        try:
            client = self.client.options(**options)
        except (TypeError, ValueError) as error:
            # They may be credentials, and error reports show the variables of a frame.
            options.clear()
            raise without_frames(error) from None
        other = copy.copy(self)
        other._options = {**self._options, **options}  # noqa: SLF001 (of its own class)
        other._client = client  # noqa: SLF001
        other._writers = {}  # noqa: SLF001
        self._kin.add(other)
        return other

    def writer(self, timeout: float) -> Elasticsearch:
        """Return the client for writes. It never repeats a request, which could arrive late.

        It is cached, because creating a client takes longer than sending a request.

        Args:
            timeout: the time limit of one request, in seconds.
        """
        client = self.client
        if timeout not in self._writers:
            self._writers[timeout] = client.options(request_timeout=timeout, max_retries=0)
        return self._writers[timeout]

    def configure_client(self) -> Elasticsearch:
        """Make the client.

        Raises:
            ImproperlyConfigured: the settings do not fit the client.
        """
        raise NotImplementedError

    def shares_cluster(self, other: "Base") -> bool:
        """Return whether the settings of two connections name the same node."""
        return not self._addresses.isdisjoint(other._addresses)  # noqa: SLF001 (of its own class)

    @cached_property
    def _addresses(self) -> frozenset[str]:
        return node_addresses(self.server)

    @cached_property
    def indices(self) -> list[str]:
        """The names to search: the aliases of each index or, without aliases, its name."""
        return self.get_indices()

    @cached_property
    def index_names(self) -> list[str]:
        """Names of all indices, whether or not they have aliases."""
        return self.get_index_names()

    @cached_property
    def alias_names(self) -> list[str]:
        """Names of all aliases, without the indices' own names."""
        return self.get_alias_names()

    def get_indices(self) -> list[str]:
        """Build the list of index names, with aliases in place of names if there are any."""
        names: list[str] = []
        for index in self.indices_settings.values():
            names += [self.prefixed(name) for name in index["ALIASES"] or [index["NAME"]]]
        return list(dict.fromkeys(names))

    def get_index_names(self) -> list[str]:
        """Build the list of index names."""
        return [self.prefixed(index["NAME"]) for index in self.indices_settings.values()]

    def get_alias_names(self) -> list[str]:
        """Build the list of alias names, without duplicates."""
        names = (name for index in self.indices_settings.values() for name in index["ALIASES"])
        return [self.prefixed(name) for name in dict.fromkeys(names)]

    def get_indices_with_settings(self) -> dict[str, dict[str, Any]]:
        """Build a dict of index name -> settings to create the index with."""
        return {
            self.prefixed(index["NAME"]): index["SETTINGS"]
            for index in self.indices_settings.values()
        }

    # One of the examples of djangoes uses this name.
    get_server_indices = get_indices_with_settings

    def prefixed(self, name: str) -> str:
        """Return the name in Elasticsearch for the declared ``name``."""
        return f"{self.index_prefix}{name}"
