"""What a connection may not send: enforced in the transport, below every caller.

``READONLY`` refuses whatever changes the cluster, so that a laptop pointed at production cannot
write at all. ``INDEX_PREFIX`` refuses every index outside the connection's own namespace, so that
a test run cannot touch a live index.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from elastic_transport import Transport, TransportApiResponse

from ..exceptions import ForeignIndex, ReadOnlyConnection

# POST endpoints that only read, and the two DELETEs that only free a cursor.
_READING_POSTS = frozenset(
    "_search _count _msearch _mget _analyze _pit _field_caps _validate _explain _termvectors "
    "_mtermvectors _search_shards _rank_eval _terms_enum _render _knn_search _eql _query".split()
)
_CURSORS = frozenset(("_pit", "_search"))
# Endpoints without an index in the path that say nothing about an index's documents.
_CLUSTER_READS = frozenset(
    "_cluster _cat _nodes _alias _aliases _mapping _settings _stats _resolve _data_stream "
    "_index_template _component_template _template _ilm _tasks _license _xpack _health_report "
    "_security".split()
)
_INDEX_KEYS = frozenset(("index", "indices", "alias", "aliases", "_index"))


@dataclass(frozen=True)
class Guard:
    """The limits of one connection.

    Args:
        alias: the connection's alias, for the messages.
        readonly: refuse requests that change something.
        prefix: refuse requests that name an index which does not begin with it; "" for any.
    """

    alias: str
    readonly: bool = False
    prefix: str = ""

    @property
    def limits(self) -> bool:
        """Whether there is anything to refuse."""
        return self.readonly or bool(self.prefix)

    def check(self, method: str, target: str, body: Any) -> None:
        """Raise unless the request is allowed.

        Raises:
            ReadOnlyConnection: it would change something on a read-only connection.
            ForeignIndex: it names, or could reach, an index outside the prefix.
        """
        if self.readonly and not reads_only(method, target):
            raise ReadOnlyConnection(
                f"The connection {self.alias!r} is READONLY in ES_SERVERS: "
                f"{method} {target.partition('?')[0]} was not sent."
            )
        if self.prefix:
            for name in _named_indices(method, _segments(target), body):
                if not name.startswith(self.prefix) or name.startswith("-"):
                    raise ForeignIndex(
                        f"The connection {self.alias!r} has INDEX_PREFIX {self.prefix!r}: "
                        f"{method} on {name!r} was not sent."
                    )


def _segments(target: str) -> list[str]:
    return [unquote(part) for part in urlsplit(target).path.split("/") if part]


def reads_only(method: str, target: str) -> bool:
    """Whether a request changes nothing in the cluster, and may be repeated.

    Args:
        target: path and query.
    """
    if method in ("GET", "HEAD"):
        return True
    segments = _segments(target)
    endpoints = [part for part in segments if part.startswith("_")]
    if method == "POST":
        return bool(endpoints) and endpoints[0] in _READING_POSTS
    return method == "DELETE" and bool(segments) and segments[0] in _CURSORS


def _named_indices(method: str, segments: list[str], body: Any) -> Iterator[str]:
    """Yield each index that the request names; "*" stands for a request that reaches all."""
    if segments and not segments[0].startswith("_"):
        yield from segments[0].split(",")
        yield from _names_beside(method, segments, body)
        return
    if not segments or (method in ("GET", "HEAD") and segments[0] in _CLUSTER_READS):
        return
    endpoint = segments[0]
    if endpoint == "_bulk":
        names = list(_names_in(_bulk_actions(body)))
    elif endpoint == "_msearch":
        names = [name for header in _headers(body) for name in list(_names_in(header)) or ["*"]]
    elif endpoint in ("_aliases", "_mget"):
        names = list(_names_in(body))
    elif _names_none(method, segments, body):
        return
    else:
        names = []
    yield from names or ["*"]


def _names_beside(method: str, segments: list[str], body: Any) -> Iterator[str]:
    """Yield the names that a request has beside those at the beginning of its path."""
    endpoint = segments[1] if len(segments) > 1 else ""
    if endpoint == "_bulk":
        yield from _names_in(_bulk_actions(body))
    elif endpoint == "_msearch":
        yield from _names_in(_headers(body))
    elif endpoint == "_mget":
        yield from _names_in(body)
    elif method not in ("GET", "HEAD") and (endpoint in _NAMING or not endpoint):
        yield from segments[2].split(",") if len(segments) > 2 else ()
        yield from body.get("aliases", ()) if isinstance(body, Mapping) else ()


def _headers(body: Any) -> Sequence[Any]:
    """Return the headers of several searches: each second line, or all that is no list."""
    return body[::2] if isinstance(body, (list, tuple)) else [body]


# What gives an index a further name, or makes another one of it.
_NAMING = frozenset("_alias _aliases _clone _rollover _shrink _split".split())


def _names_none(method: str, segments: list[str], body: Any) -> bool:
    if segments[0] == "_search":
        # A scroll or a point in time was opened on an index that was looked at then.
        return segments[1:2] == ["scroll"] or (isinstance(body, Mapping) and "pit" in body)
    return segments[0] == "_analyze" or (segments[0] == "_pit" and method == "DELETE")


def _bulk_actions(body: Any) -> Iterator[Any]:
    lines = [body] if isinstance(body, (bytes, str, Mapping)) else (body or ())
    for entry in lines:
        if isinstance(entry, Mapping):
            yield {key: value for key, value in entry.items() if key in _BULK_VERBS}
            continue
        for line in entry.encode().splitlines() if isinstance(entry, str) else entry.splitlines():
            if b'"_index"' in line:
                yield json.loads(line)


_BULK_VERBS = frozenset(("index", "create", "update", "delete"))


def _names_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in _INDEX_KEYS and isinstance(inner, str):
                yield from inner.split(",")
            elif key in _INDEX_KEYS and _is_list_of_names(inner):
                yield from inner
            else:
                yield from _names_in(inner)
    elif isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        for inner in value:
            yield from _names_in(inner)


def _is_list_of_names(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(name, str) for name in value)


def guarded(transport_class: type[Transport], guard: Guard) -> type[Transport]:
    """Return a transport class that asks ``guard`` before it sends anything.

    The client makes its transport by itself from a class, so that the guard travels on the class.
    """
    if not guard.limits:
        return transport_class

    class GuardedTransport(transport_class):  # type: ignore[misc, valid-type]
        def perform_request(
            self, method: str, target: str, *, body: Any = None, **kwargs: Any
        ) -> TransportApiResponse:
            guard.check(method, target, body)
            response: TransportApiResponse = super().perform_request(
                method, target, body=body, **kwargs
            )
            return response

    return GuardedTransport
