"""Read ranges of one part of an index, and write the documents into a building generation."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from ...conf import get_options
from ...counted import many
from ...documents.reading.prepared import Prepared, each_once
from ...exceptions import (
    BatchTooOld,
    IndexMissing,
    ObjectsUnreadable,
    ProjectCodeFailed,
    ServerBusy,
    ServerNotReady,
)
from ...indices.bulk import BulkResult
from ...indices.definition import IndexDefinition
from ...indices.names import write_alias
from ...models import Generation, LoadRange
from ...operations.patience import patiently
from ...outbox.drain.cluster_side import repair
from ...outbox.drain.send import explain_item, send_batch
from ...outbox.drain.tick import take_tick
from ...outbox.objects.primary import reading_from
from ...outbox.objects.project_code import project_code
from ...outbox.objects.read import objects, read_keys, table_of
from ...outbox.rows.refused import remember
from .ranges import within


@dataclass(frozen=True)
class Batch:
    """Some objects of a range that were read and are not yet written.

    Args:
        after: the key before the objects; None at the beginning of the range.
        keys: the keys of all rows that were read. A join may return an object in several rows.
        documents: the documents of the objects.
        tick: the tick taken before the objects were read.
        started: when the tick was taken, by ``time.monotonic()``.
        size: how many rows were requested.
    """

    after: Any
    keys: list[Any]
    documents: list[Prepared]
    tick: int
    started: float
    size: int

    @property
    def full(self) -> bool:
        """Whether there may be more objects in the range."""
        return len(self.keys) == self.size

    @property
    def rows(self) -> int:
        """The number of objects."""
        return len(set(self.keys))


class Part:
    """Reads and writes the objects of one model, in requests that are as large as possible.

    Args:
        definition: the definition of the index for that model's document.
    """

    def __init__(self, definition: IndexDefinition, generation: Generation) -> None:
        assert definition.document is not None  # noqa: S101 (there is nothing to load without one)
        self._document = definition.document
        self._definition = definition
        self._generation = generation
        self._source = definition.document.django.source
        self._name = definition.document.__name__
        self._target = write_alias(generation.name)
        pagination = definition.document.django.queryset_pagination
        self._largest = pagination or get_options().bulk_max_documents
        self._size = self._largest

    def read(self, claimed: LoadRange, after: Any, until: Any = None) -> Batch:
        """Read the next objects of a range, by key. OFFSET would skip rows while others write.

        Args:
            after: the last key of the previous batch; None for the first batch.
            until: the last key to read; None for the end of the range.
        """
        started = time.monotonic()
        size = self._size
        tick = take_tick(self._definition.database)
        try:
            documents = self._read(claimed, after, until, size)
            keys = [one.key for one in documents]
        except ObjectsUnreadable as error:
            page = _page(table_of(self._definition), claimed, after, until, size)
            keys = list(page.values_list("pk", flat=True))
            documents = self._read_each(keys, error)
        return Batch(after, keys, each_once(documents), tick, started, size)

    def send(self, batch: Batch) -> BulkResult:
        """Write a batch, and return what happened to each document. Any thread may call it.

        Raises:
            ElasticsearchAdminError: a request failed as a whole.
        """
        return send_batch(
            self._definition, self._target, batch.tick, batch.documents, started=batch.started
        )

    def take(self, batch: Batch, result: BulkResult) -> None:
        """Check the result of every document.

        Raises:
            ElasticsearchAdminError: the index cannot be written to, for a reason other than a
                document.
        """
        for error in result.errors:
            if error.fault is not None:
                raise explain_item(self._definition, error)
            if error.target_gone:
                if repair(self._definition, [self._generation.name]):
                    # The whole batch is written again.
                    raise ServerNotReady(f"{self._generation.name} had lost its write alias.")
                raise gone(self._generation)
        if result.errors:
            refused = {error.key: error.message for error in result.errors}
            remember(self._definition.database, self._generation.pk, refused, batch.tick)

    def grow(self) -> None:
        """Read and send more objects at once."""
        self._size = min(self._size + max(self._largest // 10, 1), self._largest)

    def shrink(self, batch: Batch) -> None:
        """Read and send fewer objects at once, because there was no room or time for so many."""
        self._size = max(batch.size // 2, 1)

    def write_next(
        self, claimed: LoadRange, after: Any, until: Any, on_pause: Callable[[], None]
    ) -> Batch:
        """Read and write the next objects, and try again during an outage.

        Args:
            after: see :meth:`read`.
            until: see :meth:`read`.
            on_pause: called before each pause; an exception ends the attempts.
        """

        def attempt() -> Batch:
            batch = self.read(claimed, after, until)
            try:
                self.take(batch, self.send(batch))
            except (BatchTooOld, ServerBusy):
                self.shrink(batch)
                raise
            return batch

        batch = patiently(attempt, on_pause)
        self.grow()
        return batch

    def _read(self, claimed: LoadRange, after: Any, until: Any, size: int) -> list[Prepared]:
        using = self._definition.database
        with project_code(ProjectCodeFailed, f"{self._name}.get_queryset()", using):
            page = _page(objects(self._definition), claimed, after, until, size)
        with project_code(ObjectsUnreadable, self._name, using), reading_from(using):
            return self._source.read(page, encoded=True)

    def _read_each(self, keys: list[Any], error: ObjectsUnreadable) -> list[Prepared]:
        """Read the objects one by one, so that a single unreadable object does not stop the others.

        Raises:
            ObjectsUnreadable: no object can be read.
        """
        places = self._document.django.places
        named = places.keys([str(key) for key in keys], self._definition.database)
        found = read_keys(self._definition, named)
        if len(found) > 1 and all(one.error for one in found):
            raise ObjectsUnreadable(
                f"Not one of {many(len(found), 'object')} can be read, from {found[0].text} on: "
                f"{error}"
            ) from error
        # A missing object needs no delete, because its document was never loaded.
        return [one for one in found if one.source is not None or one.error]


def gone(generation: Generation) -> IndexMissing:
    """Return the error for a generation that is no longer being built."""
    return IndexMissing(
        f"The generation {generation.name} is no longer being built: it was deleted, or another "
        f"rebuild replaced it."
    )


def _page(
    queryset: QuerySet[Any], claimed: LoadRange, after: Any, until: Any, size: int
) -> QuerySet[Any]:
    """Return the first ``size`` objects of a range between two keys."""
    found = within(claimed, queryset)
    if after is not None:
        found = found.filter(pk__gt=after)
    if until is not None:
        found = found.filter(pk__lte=until)
    return found[:size]
