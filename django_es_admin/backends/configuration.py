"""Read ``ES_SERVERS`` and ``ES_INDICES``: defaults, old spellings, and what is wrong with them.

The user's dicts are never written to.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

DEFAULT_CONNECTION_ALIAS = "default"
DEFAULT_ENGINE = "django_es_admin.backends.elasticsearch.SimpleHttpBackend"
DEFAULT_HOSTS = ("http://localhost:9200",)
ELASTICSEARCH_PORT = 9200

COLORS = ("red", "orange", "yellow", "green", "blue", "purple", "grey")

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

_SERVER_TYPES: dict[str, tuple[type, ...]] = {
    "HOSTS": (list, tuple, str),
    "ENGINE": (str,),
    "INDICES": (list, tuple),
    "PARAMS": (Mapping,),
    "LABEL": (str,),
    "COLOR": (str,),
    "READONLY": (bool,),
    "INDEX_PREFIX": (str,),
    "TEST": (Mapping,),
}
_INDEX_TYPES: dict[str, tuple[type, ...]] = {
    "NAME": (str,),
    "ALIASES": (list, tuple, Mapping),
    "SETTINGS": (Mapping,),
    "TEST": (Mapping,),
    "TESTS": (Mapping,),
}

# Today's client has other names for what elasticsearch-py 1-7 called so.
_PARAM_NAMES = {
    "timeout": "request_timeout",
    "http_auth": "basic_auth",
    "maxsize": "connections_per_node",
    "dead_timeout": "dead_node_backoff_factor",
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in the settings; ``kind`` tells the system check which one."""

    kind: str
    message: str
    hint: str


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


def find_server_problems(servers: Any, indices: Any) -> Iterator[Problem]:
    """Yield what is wrong in ``ES_SERVERS`` and ``ES_INDICES``, worst first."""
    if not isinstance(servers, Mapping):
        yield Problem("type", "ES_SERVERS is not a dict.", "Make it {'default': {'HOSTS': […]}}.")
        return
    if not isinstance(indices, Mapping):
        yield Problem("type", "ES_INDICES is not a dict.", "Make it {'products': {}}.")
        return
    if servers and DEFAULT_CONNECTION_ALIAS not in servers:
        yield Problem(
            "default",
            "ES_SERVERS has no connection named 'default'.",
            "Name one of the connections 'default'.",
        )
    for alias, server in servers.items():
        yield from _entry_problems("ES_SERVERS", alias, server, _SERVER_TYPES)
        if isinstance(server, Mapping):
            yield from _server_value_problems(alias, server, indices)
    for alias, index in indices.items():
        yield from _entry_problems("ES_INDICES", alias, index, _INDEX_TYPES)
    yield from _shared_name_problems(indices)


def _entry_problems(
    setting: str, alias: Any, entry: Any, types: Mapping[str, tuple[type, ...]]
) -> Iterator[Problem]:
    where = f"{setting}[{alias!r}]"
    if not isinstance(entry, Mapping):
        yield Problem("type", f"{where} is not a dict.", "Make it a dict, {} for the defaults.")
        return
    for key, value in entry.items():
        if key not in types:
            yield Problem(
                "key", f"{where} has an unknown key {key!r}.", f"Known: {', '.join(sorted(types))}."
            )
        elif value is not None and not isinstance(value, types[key]):
            names = " or ".join(kind.__name__.lower() for kind in types[key])
            yield Problem(
                "type",
                f"{where}[{key!r}] is {type(value).__name__}.",
                f"Give it a value of type {names}.",
            )


def _server_value_problems(
    alias: str, server: Mapping[str, Any], indices: Mapping[str, Any]
) -> Iterator[Problem]:
    names = server.get("INDICES")
    for name in names if isinstance(names, (list, tuple)) else ():
        if name not in indices:
            yield Problem(
                "index",
                f"ES_SERVERS[{alias!r}] uses the index {name!r}, which ES_INDICES does not have.",
                f"Add ES_INDICES[{name!r}] = {{}}.",
            )
    color = server.get("COLOR")
    if isinstance(color, str) and color not in COLORS:
        yield Problem(
            "color",
            f"ES_SERVERS[{alias!r}] has the COLOR {color!r}.",
            f"One of {', '.join(COLORS)}.",
        )
    hosts = server.get("HOSTS")
    if isinstance(hosts, (str, list, tuple)):
        yield from _host_problems(alias, [hosts] if isinstance(hosts, str) else hosts)


def _host_problems(alias: str, hosts: Any) -> Iterator[Problem]:
    hint = "Write hosts as 'http://localhost:9200'."
    if not hosts:
        yield Problem("hosts", f"ES_SERVERS[{alias!r}] has no HOSTS.", hint)
    for position, host in enumerate(hosts):
        # A host may hold a password, so the message names its place, not its text.
        where = f"ES_SERVERS[{alias!r}]['HOSTS'][{position}]"
        if isinstance(host, Mapping):
            if not host.get("host"):
                yield Problem("hosts", f"{where} has no 'host'.", hint)
            continue
        if not isinstance(host, str) or not _is_url(host):
            yield Problem("hosts", f"{where} is not a URL or host name.", hint)


def _is_url(host: str) -> bool:
    try:
        parts = urlsplit(host if "://" in host else f"http://{host}")
        return (
            parts.scheme in ("http", "https")
            and bool(re.fullmatch(r"[\w.:\-]+", parts.hostname or ""))
            and parts.port != 0
        )
    except ValueError:
        return False


def _shared_name_problems(indices: Mapping[str, Any]) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for alias, index in indices.items():
        if not isinstance(index, Mapping):
            continue
        name = index.get("NAME") or alias
        if name in owners:
            yield Problem(
                "shared",
                f"ES_INDICES[{owners[name]!r}] and ES_INDICES[{alias!r}] have one NAME, {name!r}.",
                "Give each its own NAME.",
            )
        owners.setdefault(name, alias)
