"""Read ``ES_SERVERS`` and ``ES_INDICES``, with defaults and old spellings.

The user's dicts are never changed.
"""

import copy
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

DEFAULT_CONNECTION_ALIAS = "default"
DEFAULT_ENGINE = "django_es_admin.backends.elasticsearch.SimpleHttpBackend"
DEFAULT_HOSTS = ("http://localhost:9200",)
ELASTICSEARCH_PORT = 9200

CONNECTION_SETTINGS = frozenset(("ES_SERVERS", "ES_INDICES", "ELASTICSEARCH_DSL"))

SERVER_DEFAULTS: dict[str, Any] = {
    "HOSTS": list(DEFAULT_HOSTS),
    "ENGINE": DEFAULT_ENGINE,
    "INDICES": [],
    "PARAMS": {},
    "LABEL": "",
    "COLOR": "grey",
    "READONLY": False,
    "INDEX_PREFIX": "",
    "MAX_ANSWER_BYTES": 50_000_000,
    "TEST": {},
}
INDEX_DEFAULTS: dict[str, Any] = {
    "NAME": None,
    "ALIASES": [],
    "SETTINGS": None,
    "TEST": {},
    "TESTS": {},
}

# Names in elasticsearch-py 1-7 -> names in today's client.
_PARAM_NAMES = {
    "timeout": "request_timeout",
    "http_auth": "basic_auth",
    "maxsize": "connections_per_node",
    "dead_timeout": "dead_node_backoff_factor",
    "randomize_hosts": "randomize_nodes_in_pool",
    "selector_class": "node_selector_class",
    "sniff_on_connection_fail": "sniff_on_node_failure",
    "sniffer_timeout": "min_delay_between_sniffing",
}
# These apply to every host without its own value.
_HOST_PARAMS = frozenset(("port", "scheme", "url_prefix", "use_ssl"))
# How often old clients doubled the pause of a failing node, by default.
_TIMEOUT_CUTOFF = 5
_DEAD_TIMEOUT = 1.0


def servers_setting(settings: Any) -> str:
    """Return the name of the setting with the connections."""
    given = getattr(settings, "ES_SERVERS", {}) != {}
    return "ES_SERVERS" if given or not _adoptable(settings) else "ELASTICSEARCH_DSL"


def _adoptable(settings: Any) -> Any:
    return getattr(settings, "ELASTICSEARCH_DSL", None) or {}


def servers_of(settings: Any) -> Any:
    """Return ``ES_SERVERS``, or the corresponding setting of django-elasticsearch-dsl.

    That is ``ELASTICSEARCH_DSL``: alias -> arguments of the client.
    """
    servers = getattr(settings, "ES_SERVERS", {})
    if servers != {}:
        return servers
    adopted = _adoptable(settings)
    if not isinstance(adopted, Mapping):
        return adopted
    return {alias: _adopted(arguments) for alias, arguments in adopted.items()}


def _adopted(arguments: Any) -> Any:
    if not isinstance(arguments, Mapping):
        return arguments
    params = {name: value for name, value in arguments.items() if name != "hosts"}
    hosts = {"HOSTS": arguments["hosts"]} if arguments.get("hosts") else {}
    return {**hosts, "PARAMS": params}


def server_with_defaults(server: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of an entry of ``ES_SERVERS`` with all keys."""
    return {**copy.deepcopy(SERVER_DEFAULTS), **_copied(server)}


def _copied(value: Any) -> Any:
    """Copy dicts and lists. An SSL context or a class in ``PARAMS`` cannot be copied."""
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def index_with_defaults(alias: str, index: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of an entry of ``ES_INDICES`` with all keys."""
    config = {**copy.deepcopy(INDEX_DEFAULTS), **_copied(index)}
    config["NAME"] = config["NAME"] or alias
    return config


def server_for_tests(server: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a connection in a test run: its own, or those of ``TEST``.

    Args:
        server: the connection's settings, with defaults.
    """
    own = {key: server[key] for key in SERVER_DEFAULTS if key != "TEST"}
    return {**own, **_copied(server["TEST"])}


def index_for_tests(alias: str, index: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of an index in a test run: its own, or those of ``TEST``.

    ``TESTS`` is another spelling of ``TEST``, which has precedence.

    Args:
        index: the index's settings, with defaults.
    """
    own = {key: index[key] for key in INDEX_DEFAULTS if key not in ("TEST", "TESTS")}
    given = {**_copied(index["TESTS"]), **_copied(index["TEST"])}
    used = {**own, **given}
    return {**used, "NAME": used["NAME"] or alias}


def engine_path(path: str) -> str:
    """Return the path of a backend. Backends of djangoes have the same names here."""
    return (
        path.replace("djangoes.", "django_es_admin.", 1) if path.startswith("djangoes.") else path
    )


def node_urls(server: Mapping[str, Any]) -> list[str | dict[str, Any]]:
    """Return the hosts of a connection as today's client needs them: with a scheme and a port.

    Each may be a URL, ``"host"``, ``"host:port"`` or a dict. Missing parts may be in ``PARAMS`` as
    ``port``, ``scheme``, ``url_prefix`` and ``use_ssl``, as in old clients.

    Args:
        server: the connection's settings, with defaults.
    """
    hosts = server["HOSTS"] or DEFAULT_HOSTS
    common = {name: server["PARAMS"][name] for name in _HOST_PARAMS & server["PARAMS"].keys()}
    return [_node_url(host, common) for host in ([hosts] if isinstance(hosts, str) else hosts)]


def _node_url(host: str | Mapping[str, Any], common: Mapping[str, Any]) -> str | dict[str, Any]:
    if isinstance(host, Mapping):
        return _node_of_dict({**common, **host})
    if "://" in host:
        return host
    scheme = common.get("scheme", "https" if common.get("use_ssl") else "http")
    port = "" if urlsplit(f"//{host}").port else f":{common.get('port', ELASTICSEARCH_PORT)}"
    prefix = str(common.get("url_prefix", "")).strip("/")
    return f"{scheme}://{host}{port}{'/' if prefix else ''}{prefix}"


def _node_of_dict(host: Mapping[str, Any]) -> str | dict[str, Any]:
    node = {key: value for key, value in host.items() if key not in _OLD_HOST_KEYS}
    node.setdefault("scheme", "https" if host.get("use_ssl") else "http")
    node.setdefault("port", ELASTICSEARCH_PORT)
    if "url_prefix" in host:
        node.setdefault("path_prefix", "/" + str(host["url_prefix"]).strip("/"))
    if "http_auth" not in host:
        return node
    # Today's client accepts credentials of a single node only in the URL.
    auth = host["http_auth"]
    parts = auth.split(":", 1) if isinstance(auth, str) else auth
    user, password = (quote(str(part), safe="") for part in parts)
    name = f"[{node['host']}]" if ":" in node["host"] else node["host"]
    path = node.get("path_prefix", "")
    return f"{node['scheme']}://{user}:{password}@{name}:{node['port']}{path}"


def node_addresses(server: Mapping[str, Any]) -> frozenset[str]:
    """Return the addresses of the nodes of a connection, without scheme and credentials.

    Args:
        server: the connection's settings, with defaults.
    """
    cloud = server["PARAMS"].get("cloud_id")
    if cloud is not None:
        return frozenset((str(cloud),))
    return frozenset(_address(node) for node in node_urls(server))


def _address(node: str | Mapping[str, Any]) -> str:
    if isinstance(node, Mapping):
        return f"{node['host']}:{node['port']}{node.get('path_prefix', '')}"
    parts = urlsplit(node)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.hostname}:{port}{parts.path.rstrip('/')}"


_OLD_HOST_KEYS = frozenset(("http_auth", "url_prefix", "use_ssl"))


def client_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``PARAMS`` with the names that today's client uses.

    After a failure, a node is not used for ``dead_timeout`` seconds. This time is doubled with each
    further failure, at most ``timeout_cutoff`` times.
    """
    named = {
        _PARAM_NAMES.get(name, name): value
        for name, value in params.items()
        if name not in _HOST_PARAMS
    }
    if isinstance(params.get("http_auth"), str):
        # Today's client would treat a text as already encoded.
        named["basic_auth"] = tuple(params["http_auth"].split(":", 1))
    cutoff = named.pop("timeout_cutoff", None)
    if cutoff is not None or "dead_timeout" in params:
        pause = named.setdefault("dead_node_backoff_factor", _DEAD_TIMEOUT)
        doubled = 2 ** (_TIMEOUT_CUTOFF if cutoff is None else cutoff)
        named.setdefault("max_dead_node_backoff", pause * doubled)
    return named
