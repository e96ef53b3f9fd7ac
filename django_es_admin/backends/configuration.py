"""Read ``ES_SERVERS`` and ``ES_INDICES``: defaults and old spellings.

The user's dicts are never written to.
"""

import copy
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

DEFAULT_CONNECTION_ALIAS = "default"
DEFAULT_ENGINE = "django_es_admin.backends.elasticsearch.SimpleHttpBackend"
DEFAULT_HOSTS = ("http://localhost:9200",)
ELASTICSEARCH_PORT = 9200

SERVER_DEFAULTS: dict[str, Any] = {
    "HOSTS": list(DEFAULT_HOSTS),
    "ENGINE": DEFAULT_ENGINE,
    "INDICES": [],
    "PARAMS": {},
    "LABEL": "",
    "COLOR": "grey",
    "READONLY": False,
    "INDEX_PREFIX": "",
    "TEST": {},
}
INDEX_DEFAULTS: dict[str, Any] = {
    "NAME": None,
    "ALIASES": [],
    "SETTINGS": None,
    "TEST": {},
    "TESTS": {},
}

# Today's client has other names for what elasticsearch-py 1-7 called so.
_PARAM_NAMES = {
    "timeout": "request_timeout",
    "http_auth": "basic_auth",
    "maxsize": "connections_per_node",
    "dead_timeout": "dead_node_backoff_factor",
}


def server_with_defaults(server: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of one entry of ``ES_SERVERS`` in which every key is present."""
    return {**copy.deepcopy(SERVER_DEFAULTS), **copy.deepcopy(dict(server))}


def index_with_defaults(alias: str, index: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of one entry of ``ES_INDICES`` in which every key is present."""
    config = {**copy.deepcopy(INDEX_DEFAULTS), **copy.deepcopy(dict(index))}
    config["NAME"] = config["NAME"] or alias
    config["SETTINGS"] = config["SETTINGS"] or {}
    return config


def node_urls(hosts: Any) -> list[str | dict[str, Any]]:
    """Return hosts as today's client takes them: with a scheme and a port.

    Args:
        hosts: one host or a list of hosts, each a URL, ``"host"``, ``"host:port"`` or a dict.
    """
    if isinstance(hosts, str):
        hosts = [hosts]
    return [_node_url(host) for host in hosts]


def _node_url(host: str | Mapping[str, Any]) -> str | dict[str, Any]:
    if isinstance(host, Mapping):
        node = {key: value for key, value in host.items() if key != "use_ssl"}
        node.setdefault("scheme", "https" if host.get("use_ssl") else "http")
        node.setdefault("port", ELASTICSEARCH_PORT)
        return node
    if "://" not in host:
        host = f"http://{host}"
        if urlsplit(host).port is None:
            return f"{host}:{ELASTICSEARCH_PORT}"
    return host


def client_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``PARAMS`` under the names that today's client knows."""
    return {_PARAM_NAMES.get(name, name): value for name, value in params.items()}
