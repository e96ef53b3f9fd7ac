"""Connections on the official client, one class per HTTP library."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from elastic_transport import (
    BaseNode,
    OrjsonSerializer,
    RequestsHttpNode,
    Transport,
    Urllib3HttpNode,
)
from elasticsearch import Elasticsearch

from .abstracts import Base
from .configuration import client_params, node_urls
from .guard import Guard, guarded

DEFAULT_PARAMS: dict[str, Any] = {
    # A page or a save must not hang for the client's own default, which is for ever.
    "request_timeout": 10,
    # A repeated write can arrive late and twice; whoever may repeat a request says so.
    "max_retries": 0,
}


class BaseElasticsearchBackend(Base):
    """A connection on the official client; subclasses name the classes that carry requests.

    Raises:
        ImproperlyConfigured: on first use of ``client``, where a class is missing or ``PARAMS``
            does not fit ``Elasticsearch``.
    """

    transport_class: type[Transport] | None = Transport
    connection_class: type[BaseNode] | None = None

    def configure_client(self) -> Elasticsearch:
        """Make the client from ``HOSTS`` and ``PARAMS``."""
        if self.transport_class is None or self.connection_class is None:
            raise ImproperlyConfigured(
                f"{type(self).__name__} needs transport_class and connection_class: set both."
            )
        guard = Guard(self.alias, readonly=self.readonly, prefix=self.index_prefix)
        params = {**DEFAULT_PARAMS, **client_params(self.server["PARAMS"])}
        if "cloud_id" not in params:
            params["hosts"] = node_urls(self.server["HOSTS"])
        try:
            return Elasticsearch(
                transport_class=guarded(self.transport_class, guard),
                node_class=self.connection_class,
                **params,
            )
        except (AttributeError, TypeError, ValueError) as error:
            # The client's message may quote a host with its password; the type says enough.
            raise ImproperlyConfigured(
                f"ES_SERVERS[{self.alias!r}] does not fit the Elasticsearch client "
                f"({type(error).__name__}): check its HOSTS and the names in PARAMS "
                f"({', '.join(sorted(self.server['PARAMS'])) or 'none given'})."
            ) from None


class SimpleHttpBackend(BaseElasticsearchBackend):
    """A connection through urllib3."""

    connection_class = Urllib3HttpNode


class SimpleRequestsHttpBackend(BaseElasticsearchBackend):
    """A connection through requests, which has to be installed."""

    connection_class = RequestsHttpNode


JSON = OrjsonSerializer()
"""The JSON encoder of everything that is indexed: orjson, with what the client adds to it."""
