"""The path and query of a request, read as Elasticsearch reads them."""

from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

from ...exceptions import PathUnsafe

# A proxy that decodes a path more often than this is not considered.
_ROUNDS = 5


@dataclass(frozen=True)
class Target:
    """Where a request goes.

    Args:
        raw: the segments of the path as they are sent.
        segments: the same, decoded once, as Elasticsearch does after it has split the path.
        params: name and value of each parameter, decoded.
        whole: whether no segment is empty: some servers leave those out, and some do not.
    """

    raw: tuple[str, ...]
    segments: tuple[str, ...]
    params: tuple[tuple[str, str], ...]
    whole: bool


def read_target(target: str) -> Target:
    """Return the parts of a path with its query."""
    path, _, query = target.partition("?")
    raw = path[1:].split("/") if path[1:] else []
    if len(raw) > 1 and not raw[-1]:
        # A slash at the end means nothing.
        raw.pop()
    # Elasticsearch takes a semicolon for an ampersand.
    pairs = (pair.partition("=") for pair in query.replace(";", "&").split("&") if pair)
    return Target(
        raw=tuple(raw),
        segments=tuple(unquote(part) for part in raw),
        params=tuple((unquote_plus(name), unquote_plus(value)) for name, _, value in pairs),
        whole=all(raw),
    )


def check_path(target: str) -> None:
    """Raise where a path could be read as another one on its way.

    Clients, proxies and servers drop ``.`` and ``..`` with the segment before, decoded or not, so
    that a request about one document would be about its whole index.

    Raises:
        PathUnsafe: it has such a segment, or is none.
    """
    path = target.partition("?")[0]
    if not target.startswith("/") or any(ord(char) < 0x20 or char in "\\#\x7f" for char in target):
        raise PathUnsafe
    for _ in range(_ROUNDS):
        parts = path.replace("\\", "/").split("/")
        # What follows a semicolon belongs to no name, for some servers.
        if any(part.partition(";")[0].strip() in (".", "..") for part in parts):
            raise PathUnsafe
        try:
            decoded = unquote(path, errors="strict")
        except UnicodeDecodeError:
            raise PathUnsafe from None
        if decoded == path:
            return
        path = decoded
    raise PathUnsafe
