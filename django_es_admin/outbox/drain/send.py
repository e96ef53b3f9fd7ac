"""Send the documents of a batch to one write alias, and report the errors of an index."""

import logging
import time
from collections.abc import Iterable
from http import HTTPStatus

from ...backends.transport.deadline import is_out_of_time
from ...conf import get_options
from ...documents.reading.prepared import Prepared
from ...exceptions import (
    AccessRefused,
    BatchTooOld,
    DrainOutOfTime,
    ElasticsearchAdminError,
    IndexBlocked,
    RequestTooLarge,
    ServerBusy,
    ServerNotReady,
)
from ...indices.bulk import BulkResult, ItemError, encode, send
from ...indices.definition import IndexDefinition

logger = logging.getLogger(__name__)


def send_batch(
    definition: IndexDefinition,
    target: str,
    tick: int,
    batch: Iterable[Prepared],
    *,
    started: float,
    timeout: float | None = None,
    refresh: bool | str = False,
) -> BulkResult:
    """Write documents to one write alias, in requests that are bounded in bytes.

    A request that is still too large is split in halves, down to the document that is too large.

    Args:
        tick: taken before the objects were read.
        started: when the tick was taken, by ``time.monotonic()``.
        timeout: the time limit of one request, in seconds; ``WRITE_TIMEOUT`` if omitted.

    Raises:
        BatchTooOld: a write that is sent now could arrive after the second delete of its object.
        DrainOutOfTime: the time limit of a save is over.
        ElasticsearchAdminError: a request failed as a whole.
    """
    options = get_options()
    result = BulkResult()
    mapping = definition.document._doc_type.mapping if definition.document else None
    for part in encode(batch, tick, max_bytes=options.bulk_max_bytes, mapping=mapping):
        if isinstance(part, ItemError):
            result += BulkResult(errors=(part,))
            continue
        todo = [part]
        while todo:
            chunk = todo.pop()
            if time.monotonic() - started > options.delete_again_after / 2:
                raise BatchTooOld
            if is_out_of_time():
                raise DrainOutOfTime
            try:
                result += send(
                    definition.connection,
                    target,
                    chunk,
                    timeout=timeout or options.write_timeout,
                    refresh=refresh,
                )
            except RequestTooLarge as error:
                if len(chunk.actions) > 1:
                    logger.warning("A bulk request is sent in halves: %s", error)
                    todo += reversed(chunk.halves())
                    continue
                [key] = chunk.keys
                status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
                result += BulkResult(errors=(ItemError(key, str(error), status),))
    return result


def explain_item(definition: IndexDefinition, error: ItemError) -> ElasticsearchAdminError:
    """Return the error that explains why an index cannot be written to."""
    alias, name = definition.using, definition.name
    if error.fault is IndexBlocked:
        return IndexBlocked(
            f"The index {name} is closed or blocked ({error.message}): open it, or remove the "
            f"block with the request that `manage.py es_status {name}` names; its changes wait "
            f"until then."
        )
    if error.fault is AccessRefused:
        return AccessRefused(
            f"The user of the connection {alias!r} may not write to the index {name}: give it the "
            f"right (docs/security.md has a role); its changes wait until then."
        )
    if error.fault is ServerNotReady:
        return ServerNotReady(
            f"Shards of the index {name} are missing, or cannot be written ({error.message}): "
            f"check the cluster; its changes wait until then."
        )
    return ServerBusy(f"The connection {alias!r} is overloaded: {error.message}")
