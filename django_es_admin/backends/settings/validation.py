"""Find mistakes in ``ES_SERVERS`` and ``ES_INDICES``, whatever their values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .configuration import DEFAULT_CONNECTION_ALIAS, INDEX_DEFAULTS, SERVER_DEFAULTS

COLORS = ("red", "orange", "yellow", "green", "blue", "purple", "grey")

_HOST_HINT = "Write hosts as 'http://localhost:9200'."
# Other keys that SETTINGS of djangoes may have, because it was a whole body.
_BODY_KEYS = frozenset(("settings", "mappings", "aliases"))
_LAST_PORT = 65_535
_HOST_NAME = re.compile(r"[\w.:\-]+")
# With other characters, a name could mean several indices, or an index of another cluster.
_PREFIX = re.compile(r"\.?[^\W_][\w.\-]*")

_SERVER_TYPES: dict[str, tuple[type, ...]] = {
    "HOSTS": (list, tuple, str),
    "ENGINE": (str,),
    "INDICES": (list, tuple),
    "PARAMS": (Mapping,),
    "LABEL": (str,),
    "COLOR": (str,),
    "READONLY": (bool,),
    "INDEX_PREFIX": (str,),
    "MAX_ANSWER_BYTES": (int,),
    "TEST": (Mapping,),
}
_INDEX_TYPES: dict[str, tuple[type, ...]] = {
    "NAME": (str,),
    "ALIASES": (list, tuple, Mapping),
    "SETTINGS": (Mapping,),
    "TEST": (Mapping,),
    "TESTS": (Mapping,),
}


@dataclass(frozen=True)
class InvalidSetting:
    """A mistake in the settings. ``kind`` says which system check reports it."""

    kind: str
    message: str
    hint: str


def find_server_problems(
    servers: Any, indices: Any, setting: str = "ES_SERVERS"
) -> Iterator[InvalidSetting]:
    """Yield the mistakes in the settings, the worst first.

    Args:
        servers: the connections, as in ``ES_SERVERS``.
        indices: ``ES_INDICES``.
        setting: the name of the setting with the connections.
    """
    if not isinstance(servers, Mapping):
        yield InvalidSetting(
            "type", f"{setting} is not a dict.", "Make it {'default': {'HOSTS': […]}}."
        )
        return
    if not isinstance(indices, Mapping):
        yield InvalidSetting("type", "ES_INDICES is not a dict.", "Make it {'products': {}}.")
        return
    if servers and DEFAULT_CONNECTION_ALIAS not in servers:
        yield InvalidSetting(
            "default",
            f"{setting} has no connection named 'default'.",
            "Name one of the connections 'default'.",
        )
    for alias, server in servers.items():
        yield from _alias_problems(setting, alias)
        where = f"{setting}[{alias!r}]"
        yield from _entry_problems(where, server, _SERVER_TYPES, SERVER_DEFAULTS)
        if isinstance(server, Mapping):
            yield from _server_value_problems(where, server, indices)
            yield from _server_test_problems(f"{where}['TEST']", server.get("TEST"), indices)
    for alias, index in indices.items():
        yield from _alias_problems("ES_INDICES", alias)
        where = f"ES_INDICES[{alias!r}]"
        yield from _entry_problems(where, index, _INDEX_TYPES, INDEX_DEFAULTS)
        if isinstance(index, Mapping):
            yield from _index_value_problems(where, index)
            for key in ("TEST", "TESTS"):
                yield from _index_test_problems(f"{where}[{key!r}]", index.get(key))
    yield from _shared_name_problems(indices)


def _alias_problems(setting: str, alias: Any) -> Iterator[InvalidSetting]:
    if not isinstance(alias, str):
        yield InvalidSetting("type", f"{setting} has a key {alias!r}.", "Make each key a string.")


def _server_test_problems(
    where: str, test: Any, indices: Mapping[Any, Any]
) -> Iterator[InvalidSetting]:
    """Yield the mistakes in the settings for tests, which may have any key of a connection."""
    if isinstance(test, Mapping):
        types = {key: kinds for key, kinds in _SERVER_TYPES.items() if key != "TEST"}
        yield from _entry_problems(where, test, types, SERVER_DEFAULTS)
        yield from _server_value_problems(where, test, indices)


def _index_test_problems(where: str, test: Any) -> Iterator[InvalidSetting]:
    if isinstance(test, Mapping):
        types = {key: kinds for key, kinds in _INDEX_TYPES.items() if key not in ("TEST", "TESTS")}
        yield from _entry_problems(where, test, types, INDEX_DEFAULTS)
        yield from _index_value_problems(where, test)


def _entry_problems(
    where: str,
    entry: Any,
    types: Mapping[str, tuple[type, ...]],
    defaults: Mapping[str, Any],
) -> Iterator[InvalidSetting]:
    if not isinstance(entry, Mapping):
        yield InvalidSetting(
            "type", f"{where} is not a dict.", "Make it a dict, {} for the defaults."
        )
        return
    for key, value in entry.items():
        if key not in types:
            yield InvalidSetting(
                "key", f"{where} has an unknown key {key!r}.", f"Known: {', '.join(sorted(types))}."
            )
        elif not (isinstance(value, types[key]) or (value is None and defaults[key] is None)):
            names = " or ".join(kind.__name__.lower() for kind in types[key])
            yield InvalidSetting(
                "type",
                f"{where}[{key!r}] is {type(value).__name__}.",
                f"Give it a value of type {names}.",
            )


def _server_value_problems(
    where: str, server: Mapping[Any, Any], indices: Mapping[Any, Any]
) -> Iterator[InvalidSetting]:
    names = server.get("INDICES")
    for name in names if isinstance(names, (list, tuple)) else ():
        if not isinstance(name, str) or name not in indices:
            yield InvalidSetting(
                "index",
                f"{where} uses the index {name!r}, which ES_INDICES does not have.",
                f"Add ES_INDICES[{name!r}] = {{}}.",
            )
    color = server.get("COLOR")
    if isinstance(color, str) and color not in COLORS:
        yield InvalidSetting(
            "color",
            f"{where} has the COLOR {color!r}.",
            f"One of {', '.join(COLORS)}.",
        )
    params = server.get("PARAMS")
    if isinstance(params, Mapping) and not all(isinstance(name, str) for name in params):
        yield InvalidSetting(
            "type",
            f"{where}['PARAMS'] has a key that is not a string.",
            "Name the arguments of the Elasticsearch client.",
        )
    prefix = server.get("INDEX_PREFIX")
    if isinstance(prefix, str) and prefix and not _PREFIX.fullmatch(prefix):
        yield InvalidSetting(
            "prefix",
            f"{where} has the INDEX_PREFIX {prefix!r}, with which no index name can begin.",
            "Use lower-case letters, digits, '-' and '_', beginning with a letter or digit.",
        )
    size = server.get("MAX_ANSWER_BYTES", 1)
    if isinstance(size, int) and (isinstance(size, bool) or size < 1):
        yield InvalidSetting(
            "type", f"{where} has MAX_ANSWER_BYTES {size!r}.", "Give a number of bytes above 0."
        )
    hosts = server.get("HOSTS")
    if isinstance(hosts, (str, list, tuple)):
        yield from _host_problems(where, [hosts] if isinstance(hosts, str) else hosts)


def _host_problems(where: str, hosts: Any) -> Iterator[InvalidSetting]:
    for position, host in enumerate(hosts):
        # A host may contain a password, so the message has its place and not its text.
        place = f"{where}['HOSTS'][{position}]"
        if isinstance(host, Mapping):
            yield from _host_dict_problems(place, host)
        elif not isinstance(host, str) or not _is_url(host):
            yield InvalidSetting("hosts", f"{place} is not a URL or host name.", _HOST_HINT)


def _host_dict_problems(where: str, host: Mapping[Any, Any]) -> Iterator[InvalidSetting]:
    name, port = host.get("host"), host.get("port", 1)
    if not isinstance(name, str) or not name:
        yield InvalidSetting("hosts", f"{where} has no 'host'.", _HOST_HINT)
    elif not _HOST_NAME.fullmatch(name):
        yield InvalidSetting(
            "hosts",
            f"{where} has a 'host' that is not a host name.",
            "Pass user and password as 'http_auth', or as basic_auth in PARAMS.",
        )
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port <= _LAST_PORT:
        yield InvalidSetting(
            "hosts",
            f"{where} has an invalid 'port'.",
            "Give a number, for example 9200.",
        )
    auth = host.get("http_auth", ":")
    if not (isinstance(auth, str) and ":" in auth) and not (
        isinstance(auth, (list, tuple)) and len(auth) == 2
    ):
        yield InvalidSetting(
            "hosts", f"{where} has an invalid 'http_auth'.", "Give (user, password)."
        )
    if host.get("scheme", "http") not in ("http", "https"):
        yield InvalidSetting(
            "hosts", f"{where} has an unknown 'scheme'.", "Give 'http' or 'https'."
        )


def _is_url(host: str) -> bool:
    try:
        parts = urlsplit(host if "://" in host else f"http://{host}")
        return (
            parts.scheme in ("http", "https")
            and bool(_HOST_NAME.fullmatch(parts.hostname or ""))
            and parts.port != 0
        )
    except ValueError:
        return False


def _index_value_problems(where: str, index: Mapping[Any, Any]) -> Iterator[InvalidSetting]:
    aliases = index.get("ALIASES")
    if isinstance(aliases, (list, tuple)) and not all(isinstance(name, str) for name in aliases):
        yield InvalidSetting(
            "type", f"{where}['ALIASES'] has a name that is not a string.", "Make it one."
        )
    if isinstance(aliases, Mapping) and not (
        _is_json(aliases)
        and all(isinstance(each, (Mapping, type(None))) for each in aliases.values())
    ):
        yield InvalidSetting(
            "type",
            f"{where}['ALIASES'] has a value that is not a dict.",
            "Map each alias to its properties, as {'cheap': {'filter': {…}}}, or to {}.",
        )
    settings = index.get("SETTINGS")
    if isinstance(settings, Mapping) and not _is_json(settings):
        yield InvalidSetting(
            "type",
            f"{where}['SETTINGS'] has a key or value that JSON does not have.",
            "Use strings, numbers, booleans, None, lists, and dicts with strings as keys.",
        )
    elif isinstance(settings, Mapping) and not _BODY_KEYS.isdisjoint(settings):
        yield InvalidSetting(
            "body",
            f"{where}['SETTINGS'] is the whole body of a create request.",
            "Use only what it has under 'settings'. 'mappings' are made from the fields of a "
            "document; for 'aliases' use ALIASES.",
        )


def _is_json(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_json(inner) for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return all(_is_json(inner) for inner in value)
    return value is None or isinstance(value, (str, int, float))


def _shared_name_problems(indices: Mapping[Any, Any]) -> Iterator[InvalidSetting]:
    owners: dict[str, Any] = {}
    for alias, index in indices.items():
        name = (index.get("NAME") or alias) if isinstance(index, Mapping) else None
        if not isinstance(name, str):
            continue
        if name in owners:
            yield InvalidSetting(
                "shared",
                f"ES_INDICES[{owners[name]!r}] and ES_INDICES[{alias!r}] have the same NAME, "
                f"{name!r}.",
                "Give each its own NAME.",
            )
        owners.setdefault(name, alias)
