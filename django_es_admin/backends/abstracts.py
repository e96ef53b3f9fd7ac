"""The part of a connection that knows names, not Elasticsearch."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from elasticsearch import Elasticsearch


class Base:
    """One connection: an alias of ``ES_SERVERS`` with its indices and its client.

    Args:
        alias: the connection's alias, its key in ``ES_SERVERS``.
        server: its entry of ``ES_SERVERS``, every default filled in.
        indices: alias -> entry of ``ES_INDICES``, every default filled in, of its ``INDICES``.
    """

    def __init__(
        self, alias: str, server: Mapping[str, Any], indices: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.alias = alias
        self.server = server
        self.indices_settings = indices
        self.label: str = server["LABEL"] or alias
        self.color: str = server["COLOR"]
        self.readonly: bool = server["READONLY"]
        self.index_prefix: str = server["INDEX_PREFIX"]
        self._writers: dict[float, Elasticsearch] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.alias!r}>"

    @cached_property
    def client(self) -> Elasticsearch:
        """The official client; thread-safe, one per connection and process."""
        return self.configure_client()

    def writer(self, timeout: float) -> Elasticsearch:
        """Return the client for writes: none of them is sent again by itself, and arrives late.

        Kept, as to make a client takes longer than to make a request.

        Args:
            timeout: seconds for one request.
        """
        if timeout not in self._writers:
            self._writers[timeout] = self.client.options(request_timeout=timeout, max_retries=0)
        return self._writers[timeout]

    def configure_client(self) -> Elasticsearch:
        """Make the client.

        Raises:
            ImproperlyConfigured: the settings do not fit the client.
        """
        raise NotImplementedError

    @cached_property
    def indices(self) -> list[str]:
        """Names to search: each index's aliases if it has any, else its own name."""
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
        """Build the list of index names, replaced by their aliases where there are any."""
        names: list[str] = []
        for index in self.indices_settings.values():
            names += [self.prefixed(name) for name in index["ALIASES"] or [index["NAME"]]]
        return list(dict.fromkeys(names))

    def get_index_names(self) -> list[str]:
        """Build the list of index names."""
        return [self.prefixed(index["NAME"]) for index in self.indices_settings.values()]

    def get_alias_names(self) -> list[str]:
        """Build the list of alias names, each once."""
        names = (name for index in self.indices_settings.values() for name in index["ALIASES"])
        return [self.prefixed(name) for name in dict.fromkeys(names)]

    def get_indices_with_settings(self) -> dict[str, dict[str, Any]]:
        """Build index name -> settings with which to create it."""
        return {
            self.prefixed(index["NAME"]): index["SETTINGS"]
            for index in self.indices_settings.values()
        }

    def prefixed(self, name: str) -> str:
        """Return the name that Elasticsearch knows for the declared ``name``."""
        return f"{self.index_prefix}{name}"
