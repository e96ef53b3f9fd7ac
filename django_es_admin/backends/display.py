"""The settings of a connection that may be shown: an allow-list, never a secret."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from .abstracts import Base
from .settings.configuration import node_urls


@dataclass(frozen=True)
class ConnectionDetails:
    """The public details of one connection.

    Args:
        hosts: ``scheme://host:port`` of each node, without user, password, path or query.
    """

    alias: str
    label: str
    color: str
    readonly: bool
    index_prefix: str
    hosts: tuple[str, ...]


def details(connection: Base) -> ConnectionDetails:
    """Return the public details of ``connection``."""
    return ConnectionDetails(
        alias=connection.alias,
        label=connection.label,
        color=connection.color,
        readonly=connection.readonly,
        index_prefix=connection.index_prefix,
        hosts=tuple(_shown(host) for host in node_urls(connection.server))
        if "cloud_id" not in connection.server["PARAMS"]
        else ("Elastic Cloud",),
    )


def _shown(host: object) -> str:
    if isinstance(host, dict):
        return f"{host['scheme']}://{host['host']}:{host['port']}"
    parts = urlsplit(str(host))
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}"
