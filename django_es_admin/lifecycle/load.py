"""Fill a building generation from the database, one range of primary keys after the other."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from ..conf import get_options
from ..documents.prepared import Prepared
from ..exceptions import BatchTooOld
from ..indices.bulk import BulkResult, ItemError
from ..indices.definition import IndexDefinition
from ..indices.names import write_alias
from ..models import Generation
from ..outbox.primary import reading_from
from ..outbox.tick import take_tick
from ..outbox.write import ROUNDS, objects, send_batch
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
    for keys, result in _load_ranges(definition, generation, queryset):
        rows += keys
        written += result.written + len(result.stale)
        failed += len(result.errors)
        errors += result.errors[: ERRORS_KEPT - len(errors)]
        on_progress(Progress(definition.name, "load", rows, max(total, rows)))
    if not failed:
        mark_loaded(generation)
    return LoadResult(rows, written, failed, tuple(errors), time.monotonic() - started)


def _load_ranges(
    definition: IndexDefinition, generation: Generation, queryset: QuerySet[Any]
) -> Iterator[tuple[int, BulkResult]]:
    """Load the objects in the order of their keys; yield the size and result of each range.

    Each range asks for the keys beyond the last one: a page by OFFSET would skip and repeat rows
    while others write.
    """
    assert definition.document is not None  # noqa: S101 (objects() has seen to it)
    size = definition.document.django.queryset_pagination or get_options().bulk_max_documents
    page = queryset.order_by("pk")
    while True:
        batch, result = _load_range(definition, generation, page[:size])
        if batch:
            yield len(batch), result
        if len(batch) < size:
            return
        page = queryset.order_by("pk").filter(pk__gt=batch[-1].key)


def _load_range(
    definition: IndexDefinition, generation: Generation, page: QuerySet[Any]
) -> tuple[list[Prepared], BulkResult]:
    assert definition.document is not None  # noqa: S101 (objects() has seen to it)
    for attempt in range(ROUNDS):
        started = time.monotonic()
        tick = take_tick(definition.database)
        with reading_from(definition.database):
            batch = list(definition.document.django.source.read(page))
        try:
            return batch, send_batch(
                definition, write_alias(generation.name), tick, batch, started=started
            )
        except BatchTooOld:
            if attempt + 1 == ROUNDS:
                raise
    raise AssertionError  # not reached: the last round returns or raises
