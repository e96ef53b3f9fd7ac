"""Find the credentials in a connection's settings, to check where they would be shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

_CREDENTIALS = ("api_key", "basic_auth", "bearer_auth", "http_auth")
# The values of these headers are not secret.
_PLAIN_HEADERS = frozenset("accept content-type user-agent x-opaque-id".split())


@dataclass(frozen=True)
class Secret:
    """A credential.

    Args:
        place: the place in the connection's settings, such as ``['HOSTS'][0]``.
        kind: ``url``, ``header`` or ``param``.
        text: the credential itself.
    """

    place: str
    kind: str
    text: str = field(repr=False)


def find_secrets(server: Any, place: str = "") -> Iterator[Secret]:
    """Yield the credentials in an entry of ``ES_SERVERS``, including ``TEST``."""
    if not isinstance(server, Mapping):
        return
    hosts = server.get("HOSTS", server.get("hosts"))
    for position, host in enumerate([hosts] if isinstance(hosts, str) else hosts or ()):
        yield from _of_host(f"{place}['HOSTS'][{position}]", host)
    params = server.get("PARAMS", server)
    if isinstance(params, Mapping):
        yield from _of_params(f"{place}['PARAMS']", params)
    yield from find_secrets(server.get("TEST"), f"{place}['TEST']")


def _of_host(place: str, host: Any) -> Iterator[Secret]:
    if isinstance(host, Mapping):
        yield from _of_params(place, host)
    elif isinstance(host, str):
        parts = urlsplit(host if "://" in host else f"//{host}")
        if parts.password:
            yield Secret(place, "url", unquote(parts.password))


def _of_params(place: str, params: Mapping[Any, Any]) -> Iterator[Secret]:
    for name in _CREDENTIALS:
        value = params.get(name)
        # Of a user and a password, only the password is secret.
        secret = value[-1] if isinstance(value, (list, tuple)) and value else value
        if isinstance(secret, str) and secret:
            yield Secret(f"{place}[{name!r}]", "param", secret)
    headers = params.get("headers")
    for name, value in headers.items() if isinstance(headers, Mapping) else ():
        if str(name).lower() not in _PLAIN_HEADERS and value:
            yield Secret(f"{place}['headers'][{name!r}]", "header", str(value))
