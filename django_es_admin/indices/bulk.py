"""Write many documents in one request, with versions that make late writes harmless."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import orjson

from ..backends.abstracts import Base
from ..backends.errors import translated, understood
from ..backends.transport.reasons import (
    is_block,
    is_denied,
    is_unready,
    reason,
    reason_for_document,
)
from ..documents.described.places import Place
from ..documents.reading.prepared import Prepared
from ..exceptions import (
    AccessRefused,
    ElasticsearchAdminError,
    IndexBlocked,
    ServerBusy,
    ServerNotReady,
)
from .encoding import NotEncodable, encode_document
from .ids import named
from .readable import require_readable

# "id is too long, must be no longer than 512 bytes", in UTF-8.
MAX_ID_BYTES = 512

_FAULTS: dict[int, type[ElasticsearchAdminError]] = {
    HTTPStatus.TOO_MANY_REQUESTS: ServerBusy,
    HTTPStatus.SERVICE_UNAVAILABLE: ServerNotReady,
}


@dataclass(frozen=True)
class ItemError:
    """A document that could not be written.

    Args:
        key: the key of the document, as text; usually the object's primary key.
        message: the reason, from Elasticsearch or the encoder.
        status: the HTTP status of the item; 0 if it was not sent.
        hopeless: whether no later attempt can succeed, however the object changes.
        blocked: whether the index is closed, or a block forbids the write.
        denied: whether the connection's user may not write to the index.
        unready: whether a shard, a node or a disk was temporarily unable to write.
    """

    key: str
    message: str
    status: int = 0
    hopeless: bool = False
    blocked: bool = False
    denied: bool = False
    unready: bool = False

    @property
    def target_gone(self) -> bool:
        """Whether the write alias does not exist, or no longer exists."""
        return self.status == HTTPStatus.NOT_FOUND and not self.unready

    @property
    def fault(self) -> type[ElasticsearchAdminError] | None:
        """What failed, if it is the index or the cluster; None if it is the document."""
        if self.blocked:
            return IndexBlocked
        if self.denied:
            return AccessRefused
        if self.unready:
            return ServerNotReady
        return _FAULTS.get(self.status)


@dataclass(frozen=True)
class BulkResult:
    """The result for the documents of one or more bulk requests.

    Args:
        written: documents written or deleted.
        stale: the keys of documents for which the index has a newer version, which counts as
            success.
        errors: the documents that could not be written.
    """

    written: int = 0
    stale: tuple[str, ...] = ()
    errors: tuple[ItemError, ...] = ()

    def __add__(self, other: "BulkResult") -> "BulkResult":
        return BulkResult(
            self.written + other.written, self.stale + other.stale, self.errors + other.errors
        )


@dataclass(frozen=True)
class Chunk:
    """The body of one bulk request.

    Args:
        actions: key of each document -> its encoded lines: the action, and the document.
    """

    actions: list[tuple[str, list[bytes]]]

    @property
    def keys(self) -> list[str]:
        """The keys of the documents."""
        return [key for key, _ in self.actions]

    @property
    def lines(self) -> list[bytes]:
        """The whole body."""
        return [line for _, lines in self.actions for line in lines]

    def halves(self) -> "tuple[Chunk, Chunk]":
        """Return the same documents in two requests."""
        half = len(self.actions) // 2
        return Chunk(self.actions[:half]), Chunk(self.actions[half:])


def encode(
    batch: Iterable[Prepared], version: int, *, max_bytes: int, mapping: Any = None
) -> Iterator[Chunk | ItemError]:
    """Yield the bodies of requests for ``batch``, and each document that cannot be encoded.

    Args:
        version: the tick taken before the objects were read.
        max_bytes: the maximum size of a request. A larger document is sent alone.
        mapping: the mapping of the index.
    """
    actions: list[tuple[str, list[bytes]]] = []
    size = 0
    versioned = b',"version":%d,"version_type":"external_gte"' % version
    for one in batch:
        source, key, place = one.source, one.text, one.place
        identity = key if place is None else place.id
        if one.error:
            yield ItemError(key, one.error)
            continue
        if not 0 < len(identity.encode(errors="replace")) <= MAX_ID_BYTES:
            # Elasticsearch would refuse the whole request because of such an id. A delete of it is
            # not needed.
            if source is not None:
                text = (
                    f"its key has 0 or more than {MAX_ID_BYTES} bytes, which no _id can have: "
                    f"give the object another key, or exclude it in get_queryset()"
                )
                yield ItemError(key, text, hopeless=True)
            continue
        try:
            document = None if source is None else encode_document(source, mapping)
            action = _action(document is None, identity, versioned, place)
        except NotEncodable as failure:
            yield ItemError(key, f"cannot be encoded as JSON: {failure}")
            continue
        except Exception as failure:  # noqa: BLE001 (any value of any type may be in a document)
            # The text of the error may quote the value, which may be the whole document.
            yield ItemError(key, f"cannot be encoded as JSON: {type(failure).__name__}")
            continue
        added = len(action) + len(document or b"") + 2
        if actions and size + added > max_bytes:
            yield Chunk(actions)
            actions, size = [], 0
        actions.append((key, [action] if document is None else [action, document]))
        size += added
    if actions:
        yield Chunk(actions)


def _action(delete: bool, identity: str, versioned: bytes, place: Place | None) -> bytes:
    """Return the line with the action and the id of a document."""
    routing = None if place is None else place.routing
    routed = b"" if routing is None else b',"routing":' + orjson.dumps(routing)
    verb = b"delete" if delete else b"index"
    return b'{"%b":{"_id":%b%b%b}}' % (verb, orjson.dumps(identity), versioned, routed)


def send(
    connection: Base, target: str, chunk: Chunk, *, timeout: float, refresh: bool | str = False
) -> BulkResult:
    """Send a bulk request to a write alias, and read the answer for every item.

    Args:
        target: the write alias of the generation. If it does not exist, no index is created.
        timeout: the time limit of the answer in seconds. The request is never repeated
            automatically.
        refresh: whether to make the documents searchable immediately; ``"wait_for"`` waits for it.

    Raises:
        RequestTooLarge: the request has to be sent in halves.
        ElasticsearchAdminError: the request as a whole failed; parts of it may have been done.
    """
    with translated(connection):
        answer = connection.writer(timeout).bulk(
            index=target,
            operations=cast("Any", chunk.lines),  # lines that are encoded are sent as they are
            require_alias=True,
            # Before our own handler: a missing shard must not look like a connection that is down.
            timeout=f"{max(int(timeout * 500), 1)}ms",
            refresh=cast("bool", refresh) or None,
            filter_path="errors,items.*.status,items.*.result,items.*.error",
        )
    with understood(connection):
        # Each item needs an answer, because without one it may not have been written.
        return _read_items(chunk.keys, answer["items"])


def _read_items(keys: list[str], items: list[dict[str, Any]]) -> BulkResult:
    written = 0
    stale, errors = [], []
    for key, item in zip(keys, items, strict=True):
        outcome = next(iter(item.values()))
        if "error" not in outcome:
            # The delete of a missing document returns 404, and counts as success.
            written += 1
        elif outcome["status"] == HTTPStatus.CONFLICT:
            stale.append(key)
        else:
            status = outcome["status"]
            blocked, denied = is_block(outcome), is_denied(outcome)
            # A block is named as a whole: nothing of it is about a document.
            told = reason(outcome) if blocked else reason_for_document(outcome)
            unready = is_unready(outcome)
            error = ItemError(key, told, status, blocked=blocked, denied=denied, unready=unready)
            errors.append(error)
    return BulkResult(written, tuple(stale), tuple(errors))


def read_versions(
    connection: Base, target: str, keys: Sequence[str], timeout: float
) -> dict[str, int]:
    """Return key -> version, for those of the documents that exist.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    with translated(connection):
        client = connection.client.options(request_timeout=timeout)
        answer = client.mget(index=target, docs=named(keys), source=False)
    with understood(connection):
        found = list(zip(keys, answer["docs"], strict=True))
        require_readable(connection, answer["docs"])
        return {key: int(doc["_version"]) for key, doc in found if doc.get("found")}
