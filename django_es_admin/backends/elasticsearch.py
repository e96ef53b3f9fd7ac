"""Connections with the official client, with one class for each HTTP library."""

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.views.decorators.debug import sensitive_variables
from elastic_transport import (
    BaseNode,
    OrjsonSerializer,
    Transport,
    TransportError,
)
from elasticsearch import ApiError, Elasticsearch

from .abstracts import Base
from .call import Namespace, bound
from .guard_in_tests import ProjectGuard
from .methods import index_methods, namespace_methods, other_names
from .settings.configuration import client_params, node_urls
from .transport.client import Client
from .transport.failover import with_failover
from .transport.frames import without_frames
from .transport.nodes import RequestsNode, Urllib3Node, limited

DEFAULT_PARAMS: dict[str, Any] = {
    # A page or a save must not hang: the client itself has no time limit by default.
    "request_timeout": 10,
}


class BaseElasticsearchBackend(Base):
    """A connection with the official client. Subclasses define the classes that send requests.

    It has the client's methods. Methods with an ``index`` use ``INDICES`` of the connection's
    settings by default.

    Raises:
        ImproperlyConfigured: on first use of ``client``, if a class is missing, or
            ``Elasticsearch`` does not accept ``PARAMS``.
    """

    transport_class: type[Transport] | None = Transport
    connection_class: type[BaseNode] | None = None

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            method = index_methods().get(name)
            if method is not None:
                return bound(self, method)
            if name in namespace_methods():
                return Namespace(self, name, namespace_methods()[name])
            if name in other_names():
                return getattr(self.client, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __dir__(self) -> Iterable[str]:
        return sorted({*super().__dir__(), *index_methods(), *other_names()})

    def configure_client(self) -> Elasticsearch:
        """Create the client from ``HOSTS`` and ``PARAMS``."""
        if self.transport_class is None or self.connection_class is None:
            raise ImproperlyConfigured(
                f"{type(self).__name__} needs transport_class and connection_class: set both."
            )
        failure: Exception
        try:
            return self._make_client(self.transport_class, self.connection_class)
        except (AttributeError, OSError, TypeError, ValueError) as error:
            # The text of the error may quote a host with its password; the type is enough.
            failure = ImproperlyConfigured(
                f"ES_SERVERS[{self.alias!r}] does not fit the Elasticsearch client "
                f"({type(error).__name__}): check its HOSTS and the names in PARAMS "
                f"({', '.join(sorted(self.server['PARAMS'])) or 'none given'})."
            )
        except (ApiError, TransportError) as error:
            # The client may look for further nodes immediately.
            failure = without_frames(error)
        # Not within the handler, which would add the first error, with frames that have all
        # settings.
        raise failure

    @sensitive_variables()
    def _make_client(
        self, transport_class: type[Transport], node_class: type[BaseNode]
    ) -> Elasticsearch:
        params = {**DEFAULT_PARAMS, **client_params(self.server["PARAMS"])}
        if "cloud_id" not in params:
            params["hosts"] = node_urls(self.server)
        guard = ProjectGuard(self.alias, readonly=self.readonly, prefix=self.index_prefix)
        size = self.server["MAX_ANSWER_BYTES"]
        return Client(
            transport_class=with_failover(transport_class, given="max_retries" in params),
            node_class=limited(node_class, guard=guard, max_answer_bytes=size),
            **params,
        )


class SimpleHttpBackend(BaseElasticsearchBackend):
    """A connection with urllib3."""

    connection_class = Urllib3Node


# The example settings of djangoes use this spelling.
SimpleHttpClient = SimpleHttpBackend


class SimpleRequestsHttpBackend(BaseElasticsearchBackend):
    """A connection with requests, which must be installed (the extra ``requests``)."""

    connection_class = RequestsNode

    def configure_client(self) -> Elasticsearch:
        """Create the client.

        Raises:
            ImproperlyConfigured: requests is not installed, or the settings are invalid.
        """
        if find_spec("requests") is None:
            raise ImproperlyConfigured(
                f"ES_SERVERS[{self.alias!r}] has the ENGINE {type(self).__name__}, and requests "
                f"is not installed: pip install 'django-es-admin[requests]'."
            )
        return super().configure_client()


class _Retired(Base):
    """A connection with a protocol that Elasticsearch no longer supports."""

    protocol: str

    def __init__(self, alias: str, *args: Any) -> NoReturn:
        # The arguments contain the settings, and error reports show the variables of a frame.
        del args
        self.alias = alias
        raise ImproperlyConfigured(
            f"ES_SERVERS[{alias!r}] has the ENGINE {type(self).__name__}, and Elasticsearch does "
            f"not speak {self.protocol} since its version 2: use "
            f"'django_es_admin.backends.elasticsearch.SimpleHttpBackend'."
        )


class SimpleThriftBackend(_Retired):
    """Refused, with a hint on what to use instead."""

    protocol = "Thrift"


class SimpleMemcachedBackend(_Retired):
    """Refused, with a hint on what to use instead."""

    protocol = "the protocol of Memcached"


JSON = OrjsonSerializer()
"""The JSON encoder for all documents: orjson, with the additions of the client."""
