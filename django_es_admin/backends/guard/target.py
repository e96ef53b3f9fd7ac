"""The path and query of a request, read as Elasticsearch reads them."""

from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

from ...exceptions import PathUnsafe

# A proxy that decodes a path more often than this is not considered.
_ROUNDS = 5


@dataclass(frozen=True)
class Target:
    """The path and query of a request.

    Args:
        raw: the segments of the path as they are sent.
        segments: the segments, decoded once, as Elasticsearch does after splitting the path.
        params: the decoded name and value of each parameter.
        whole: whether no segment is empty. Some servers ignore empty segments.
    """

    raw: tuple[str, ...]
    segments: tuple[str, ...]
    params: tuple[tuple[str, str], ...]
    whole: bool


def read_target(target: str) -> Target:
    """Return the parts of a path with a query."""
    path, _, query = target.partition("?")
    raw = path[1:].split("/") if path[1:] else []
    if len(raw) > 1 and not raw[-1]:
        # A slash at the end has no meaning.
        raw.pop()
    # Elasticsearch treats a semicolon as an ampersand.
    pairs = (pair.partition("=") for pair in query.replace(";", "&").split("&") if pair)
    return Target(
        raw=tuple(raw),
        segments=tuple(unquote(part) for part in raw),
        params=tuple((unquote_plus(name), unquote_plus(value)) for name, _, value in pairs),
        whole=all(raw),
    )


def check_path(target: str) -> None:
    """Raise an error if the path could be read as another one.

    Clients, proxies and servers resolve ``.`` and ``..``, decoded or not, so that a request for one
    document could become a request for its whole index.

    Raises:
        PathUnsafe: the path has such a segment, or is not a path.
    """
    path = target.partition("?")[0]
    if not target.startswith("/") or any(ord(char) < 0x20 or char in "\\#\x7f" for char in target):
        raise PathUnsafe
    for _ in range(_ROUNDS):
        parts = path.replace("\\", "/").split("/")
        # Some servers ignore the part of a segment after a semicolon.
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
