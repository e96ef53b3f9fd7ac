"""What a multi-get request answers for a document that cannot be read."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..backends.abstracts import Base
from ..backends.transport.reasons import is_block, is_denied, is_unready, reason
from ..exceptions import AccessRefused, IndexBlocked, ServerNotReady


def require_readable(connection: Base, docs: Iterable[Mapping[str, Any]]) -> None:
    """Raise if a document cannot be read, which is not the same as a missing document.

    Args:
        docs: the answers to a multi-get request, with their ``error``.

    Raises:
        AccessRefused: the user of the connection may not read the index.
        IndexBlocked: the index is closed or blocked.
        ServerNotReady: a shard cannot be read at the moment.
    """
    for doc in docs:
        if "error" not in doc:
            continue
        said = f"The connection {connection.alias!r} could not read a document: {reason(doc)}."
        if is_denied(doc):
            raise AccessRefused(said)
        if is_block(doc):
            raise IndexBlocked(f"{said} `manage.py es_status` names what removes a block.")
        if is_unready(doc):
            raise ServerNotReady(said)
