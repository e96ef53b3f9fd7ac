"""Write many documents in one request, with the version that makes late writers harmless."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from ..backends.abstracts import Base
from ..backends.elasticsearch import JSON
from ..backends.errors import reason, translated
from ..documents.prepared import Prepared


@dataclass(frozen=True)
class ItemError:
    """A document that could not be written.

    Args:
        key: of the object, as text; the document's ``_id``.
        message: why, in Elasticsearch's words or the encoder's.
    """

    key: str
    message: str


@dataclass(frozen=True)
class BulkResult:
    """What became of the documents of one or more bulk requests.

    Args:
        written: documents written or deleted.
        stale: documents for which the index holds a newer version, which is as good.
        errors: the others.
    """

    written: int = 0
    stale: int = 0
    errors: tuple[ItemError, ...] = ()

    def __add__(self, other: "BulkResult") -> "BulkResult":
        return BulkResult(
            self.written + other.written, self.stale + other.stale, self.errors + other.errors
        )


@dataclass(frozen=True)
class Chunk:
    """The body of one bulk request.

    Args:
        lines: actions and documents, encoded.
        keys: the ``_id`` of each action.
        size: bytes.
    """

    lines: list[bytes]
    keys: list[str]
    size: int


def encode(
    batch: Iterable[Prepared], version: int, *, max_documents: int, max_bytes: int
) -> Iterator[Chunk | ItemError]:
    """Yield the bodies that write ``batch``, and each document that cannot be encoded.

    Args:
        version: the tick that was taken before the objects were read.
        max_documents: per request.
        max_bytes: per request; a single larger document is sent alone.
    """
    lines: list[bytes] = []
    keys: list[str] = []
    size = 0
    for key, source, error in batch:
        identity = str(key)
        if error:
            yield ItemError(identity, error)
            continue
        try:
            document = None if source is None else JSON.dumps(source)
            action = JSON.dumps(
                {
                    "delete" if document is None else "index": {
                        "_id": identity,
                        "version": version,
                        "version_type": "external_gte",
                    }
                }
            )
        except Exception as failure:  # noqa: BLE001 (any value of any type may be in a document)
            yield ItemError(identity, f"cannot be encoded as JSON: {failure}")
            continue
        added = len(action) + len(document or b"") + 2
        if keys and (len(keys) >= max_documents or size + added > max_bytes):
            yield Chunk(lines, keys, size)
            lines, keys, size = [], [], 0
        lines += [action] if document is None else [action, document]
        keys.append(identity)
        size += added
    if keys:
        yield Chunk(lines, keys, size)


def send(connection: Base, target: str, chunk: Chunk, *, refresh: bool = False) -> BulkResult:
    """Send one bulk request to a write alias and read the answer for every item.

    Args:
        target: the generation's write alias; nothing is created if it is gone.
        refresh: make the documents searchable at once.

    Raises:
        ElasticsearchAdminError: the request as a whole failed; any of it may have been done.
    """
    with translated(connection):
        answer = connection.client.bulk(
            index=target,
            operations=cast("Any", chunk.lines),  # lines that are encoded are sent as they are
            require_alias=True,
            refresh=refresh or None,
            filter_path="errors,items.*.status,items.*.result,items.*.error",
        )
    if not answer.get("errors") and "items" not in answer:
        return BulkResult(written=len(chunk.keys))
    return _read_items(chunk.keys, answer["items"])


def _read_items(keys: list[str], items: list[dict[str, Any]]) -> BulkResult:
    written = stale = 0
    errors = []
    for key, item in zip(keys, items, strict=True):
        outcome = next(iter(item.values()))
        if "error" not in outcome:
            # A delete of what is not there is answered 404, and has had its effect.
            written += 1
        elif outcome["status"] == HTTPStatus.CONFLICT:
            stale += 1
        else:
            errors.append(ItemError(key, reason(outcome)))
    return BulkResult(written, stale, tuple(errors))
