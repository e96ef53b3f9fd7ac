"""What a connection may not send, checked in the bytes of the request.

``READONLY`` refuses every request that changes the cluster, so that a laptop pointed at production
cannot write. ``INDEX_PREFIX`` refuses every index outside the connection's own namespace, so that a
test run cannot touch a live index. A request that cannot be understood is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...exceptions import ForeignIndex, PathUnsafe, ReadOnlyConnection
from .names import names_in
from .queries import Unreadable, names_of
from .routes import Route, find_route
from .target import Target, check_path, read_target

# A parameter of the path may also be in the query.
_NAMING_PARAMS = frozenset(
    "index indices alias aliases name target new_index target_index source_index dest".split()
)
# Characters that no name contains, and those for date math or another cluster.
_NOT_IN_NAMES = re.compile(r"[ \\/?\"<>|#:]")
_PARTS_OF_STREAMS = ("::data", "::failures")
EVERY = "*"
_JSON = re.compile(r"application/(?:[\w.]+\+)?(?:x-nd)?json", re.IGNORECASE)


@dataclass(frozen=True)
class Guard:
    """The limits of one connection.

    Args:
        alias: the connection's alias, for the messages.
        readonly: whether to refuse requests that change something.
        prefix: refuse requests that name an index without this prefix; "" to allow any index.
    """

    alias: str
    readonly: bool = False
    prefix: str = ""

    def check(
        self, method: str, target: str, body: bytes | None, content_type: str = "application/json"
    ) -> None:
        """Raise unless the request is allowed.

        Args:
            target: the path and query, as they are sent.
            body: the body as it is sent, before compression.
            content_type: the content type of the body.

        Raises:
            PathUnsafe: the path could be read as another one.
            ReadOnlyConnection: it would change something on a read-only connection.
            ForeignIndex: the request names, or could reach, an index outside the prefix.
        """
        try:
            check_path(target)
        except PathUnsafe:
            raise PathUnsafe(
                f"The connection {self.alias!r} did not send {method}: '.' or '..' has a special "
                f"meaning in a path. Pass such a key in the body, with mget() or bulk()."
            ) from None
        if not (self.readonly or self.prefix):
            return
        where = read_target(target)
        route = find_route(method, where)
        shown = f"{method} {target.partition('?')[0]}"
        if self.readonly and not (route.reads if route else method in ("GET", "HEAD")):
            raise ReadOnlyConnection(
                f"The connection {self.alias!r} is READONLY in ES_SERVERS: {shown} was not sent."
            )
        if self.prefix:
            self._check_names(shown, route, where, body or b"", content_type)

    def _check_names(
        self, shown: str, route: Route | None, where: Target, body: bytes, content_type: str
    ) -> None:
        try:
            for name in _named_indices(route, where, body, content_type):
                if not self._is_own(name):
                    raise ForeignIndex(
                        f"The connection {self.alias!r} has INDEX_PREFIX {self.prefix!r}: "
                        f"{shown.partition(' ')[0]} on {name!r} was not sent."
                    )
        except Unreadable:
            raise ForeignIndex(
                f"The connection {self.alias!r} has INDEX_PREFIX {self.prefix!r}: {shown} was not "
                f"sent, because its indices cannot be determined."
            ) from None

    def _is_own(self, name: str) -> bool:
        for part in _PARTS_OF_STREAMS:
            name = name.removesuffix(part)
        return name.startswith(self.prefix) and not _NOT_IN_NAMES.search(name)


def reads_only(method: str, target: str) -> bool:
    """Return whether a request changes nothing in the cluster, and may be repeated.

    Args:
        target: the path and query.
    """
    route = find_route(method, read_target(target))
    return route.reads if route else method in ("GET", "HEAD")


def _named_indices(
    route: Route | None, where: Target, body: bytes, content_type: str
) -> Iterator[str]:
    """Yield each index that a request names; "*" if it reaches all indices.

    Raises:
        Unreadable: the names cannot be determined.
    """
    if route is None:
        raise Unreadable
    outside = [name for place in route.names for name in names_of(where.segments[place])]
    bodies = [body] if body else []
    for param, value in where.params:
        if param in _NAMING_PARAMS:
            outside += names_of(value)
        elif param == "source":
            bodies.append(value.encode())
        elif param == "source_content_type" and not _is_json(value):
            raise Unreadable
    yield from outside
    if body and route.body != "any" and not _is_json(content_type):
        raise Unreadable
    for each in bodies or [b""]:
        for name in names_in(route.body, each):
            if name or not outside:
                yield name or EVERY


def _is_json(content_type: str) -> bool:
    return _JSON.fullmatch(content_type.partition(";")[0].strip()) is not None
