"""Fill a building generation from the database, one range of primary keys after the other."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from ..conf import get_options
from ..documents.prepared import Prepared
from ..indices.bulk import BulkResult, Chunk, ItemError, encode, send
from ..indices.definition import IndexDefinition
from ..indices.names import write_alias
from ..models import Generation
from ..outbox.tick import take_tick
from .generations import mark_loaded
from .progress import OnProgress, Progress, ignore

ERRORS_KEPT = 20


@dataclass(frozen=True)
class LoadResult:
    """What a load did.

    Args:
        rows: objects read.
        written: documents written.
        failed: documents that could not be written.
        errors: the first of those, with the reason.
        seconds: how long it took.
    """

    rows: int
    written: int
    failed: int
    errors: tuple[ItemError, ...]
    seconds: float


def load(
    definition: IndexDefinition, generation: Generation, on_progress: OnProgress = ignore
) -> LoadResult:
    """Write every object of the document's queryset to ``generation``.

    Memory does not grow with the number of objects. A document that cannot be written does not
    stop the others.

    Raises:
        ElasticsearchAdminError: a request failed as a whole.
    """
    started = time.monotonic()
    queryset = objects(definition)
    total = queryset.count()
    rows = written = failed = 0
    errors: list[ItemError] = []
    on_progress(Progress(definition.name, "load", 0, total))
    for tick, batch in read_ranges(definition, queryset):
        result = write_batch(definition, generation.name, tick, batch)
        rows += len(batch)
        written += result.written + result.stale
        failed += len(result.errors)
        errors += result.errors[: ERRORS_KEPT - len(errors)]
        on_progress(Progress(definition.name, "load", rows, max(total, rows)))
    if not failed:
        mark_loaded(generation)
    return LoadResult(rows, written, failed, tuple(errors), time.monotonic() - started)


def objects(definition: IndexDefinition) -> QuerySet[Any]:
    """Return the objects that belong into the index, none for an index without a document."""
    if definition.document is None:
        raise ValueError(f"{definition.name} has no document")
    return definition.document().get_queryset().using(definition.database)


def read_ranges(
    definition: IndexDefinition, queryset: QuerySet[Any]
) -> Iterator[tuple[int, list[Prepared]]]:
    """Yield the objects in the order of their keys, each batch with the tick taken before it.

    Each batch asks for the keys beyond the last one: a page by OFFSET would skip and repeat rows
    while others write.
    """
    assert definition.document is not None  # noqa: S101 (objects() has seen to it)
    options = definition.document.django
    size = options.queryset_pagination or get_options().bulk_max_documents
    ordered = queryset.order_by("pk")
    after: Any = None
    while True:
        tick = take_tick(definition.database)
        page = ordered if after is None else ordered.filter(pk__gt=after)
        batch = list(options.source.read(page[:size]))
        if batch:
            yield tick, batch
        if len(batch) < size:
            return
        after = batch[-1].key


def write_batch(
    definition: IndexDefinition, generation: str, tick: int, batch: list[Prepared]
) -> BulkResult:
    """Write one batch of documents to a generation."""
    options = get_options()
    result = BulkResult()
    target = write_alias(generation)
    for part in encode(
        batch, tick, max_documents=max(len(batch), 1), max_bytes=options.bulk_max_bytes
    ):
        if isinstance(part, Chunk):
            result += send(definition.connection, target, part)
        else:
            result += BulkResult(errors=(part,))
    return result
