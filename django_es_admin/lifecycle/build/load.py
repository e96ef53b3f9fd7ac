"""Fill a building generation from the database, one range of primary keys after the other."""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import Error
from django.db.models import QuerySet

from ...conf import get_options
from ...documents.prepared import Prepared, each_once
from ...exceptions import (
    BatchTooOld,
    IndexMissing,
    ObjectsUnreadable,
    ProjectCodeFailed,
    QuerysetUnusable,
    RangeTakenOver,
    ServerBusy,
    ServerNotReady,
)
from ...faults import close_broken
from ...indices.bulk import BulkResult
from ...indices.definition import IndexDefinition
from ...indices.names import write_alias
from ...models import Generation, LoadRange
from ...outbox.drain.cluster_side import repair
from ...outbox.drain.primary import reading_from
from ...outbox.drain.project_code import project_code
from ...outbox.rows.refused import count_refused, remember
from ...outbox.drain.tick import take_tick
from ...outbox.drain.read import count_objects, objects, read_keys, table_of
from ...outbox.drain.write import explain_item, send_batch
from ..generations.table import mark_loaded
from ...operations.patience import patiently
from ...operations.progress import OnProgress, Progress, ignore
from .ranges import give_back, all_loaded, claim_range, finish, plan_ranges, renew, rows_read, within

RENEW_SECONDS = 1.0
WAIT_SECONDS = 0.5


@dataclass(frozen=True)
class LoadResult:
    """The result of a load, whichever processes worked on it.

    Args:
        rows: objects read.
        failed: documents that could not be written.
        seconds: how long it took here.
    """

    rows: int
    failed: int
    seconds: float

    @property
    def written(self) -> int:
        """Objects whose documents were written, or deleted where they belong in no index."""
        return self.rows - self.failed


def load(
    definition: IndexDefinition, generation: Generation, on_progress: OnProgress = ignore
) -> LoadResult:
    """Write every object of the document's queryset to ``generation``.

    Any number of processes may do so at once; each returns when all is loaded. Memory does not
    grow with the number of objects. A document that cannot be written does not stop the others: it
    is remembered as refused.

    Raises:
        ElasticsearchAdminError: a request failed as a whole, for longer than
            ``OPERATION_PATIENCE``.
    """
    started = time.monotonic()
    total = count_about(definition)
    plan_ranges(definition, generation)
    loaders = {
        part.part_label: _Loader(part, generation, on_progress, total) for part in definition.parts
    }
    loader = next(iter(loaders.values()))
    loader.tell()
    while not all_loaded(generation):
        claimed = claim_range(generation)
        if claimed is None:
            # Others work on what is left; should one die, its lease ends.
            time.sleep(WAIT_SECONDS)
            loader.tell()
            continue
        try:
            loaders[claimed.document].load(claimed)
        except RangeTakenOver:
            continue
        except BaseException:
            close_broken()
            with suppress(Error):
                give_back(claimed)
            raise
    loader.tell()
    mark_loaded(generation)
    return LoadResult(
        rows_read(generation),
        count_refused(definition, generation.name),
        time.monotonic() - started,
    )


def count_about(definition: IndexDefinition) -> int:
    """Return how many objects there are to load: all rows, where the queryset cannot be counted."""
    try:
        return count_objects(definition)
    except QuerysetUnusable:
        raise
    except ProjectCodeFailed:
        return sum(table_of(part).count() for part in definition.parts)


class _Loader:
    """Loads ranges, in requests that are as large as Elasticsearch has room for.

    Args:
        total: number of objects, about.
    """

    def __init__(
        self,
        definition: IndexDefinition,
        generation: Generation,
        on_progress: OnProgress,
        total: int,
    ) -> None:
        assert definition.document is not None  # noqa: S101 (there is nothing to load without one)
        self._document = definition.document
        options = definition.document.django
        self._definition = definition
        self._generation = generation
        self._on_progress = on_progress
        self._total = total
        self._source = options.source
        self._name = definition.document.__name__
        self._largest = options.queryset_pagination or get_options().bulk_max_documents
        self._size = self._largest
        self._renewed = 0.0

    def tell(self) -> None:
        """Tell how many objects were read, by all that load the generation.

        Raises:
            IndexMissing: it is not being built any more.
        """
        building = Generation.objects.using(self._definition.database).filter(
            pk=self._generation.pk, role=Generation.Role.BUILDING
        )
        if not building.exists():
            raise self._gone()
        done = rows_read(self._generation)
        self._on_progress(Progress(self._definition.name, "load", done, max(done, self._total)))

    def load(self, claimed: LoadRange) -> None:
        """Load a range, by keys beyond the last one: OFFSET would skip rows while others write."""
        rows = 0
        after, more = None, True
        while more:
            keys, more = self._load_patiently(claimed, after, rows)
            # A join may give an object in several rows.
            rows += len(set(keys))
            if more:
                after = keys[-1]
            if time.monotonic() - self._renewed >= RENEW_SECONDS:
                self._renew(claimed, rows)
        finish(claimed, rows)

    def _renew(self, claimed: LoadRange, rows: int) -> None:
        self._renewed = time.monotonic()
        renew(claimed, rows)
        self.tell()

    def _load_patiently(
        self, claimed: LoadRange, after: Any, rows: int
    ) -> tuple[list[Any], bool]:
        """Return the key of each row of one batch, and whether there may be more.

        Args:
            after: the last key of the batch before; None for the first.
            rows: objects of the range that were read until now.
        """
        size = self._size

        def attempt() -> list[Any]:
            nonlocal size
            try:
                return self._load(claimed, after, size)
            except (BatchTooOld, ServerBusy):
                # There is no room, or no time, for so much at once.
                size = max(size // 2, 1)
                raise

        keys = patiently(attempt, lambda: self._renew(claimed, rows))
        full = len(keys) == size
        self._size = min(size + max(self._largest // 10, 1), self._largest)
        return keys, full

    def _load(self, claimed: LoadRange, after: Any, size: int) -> list[Any]:
        started = time.monotonic()
        tick = take_tick(self._definition.database)
        try:
            batch = self._read(claimed, after, size)
            keys = [one.key for one in batch]
        except ObjectsUnreadable as error:
            page = _page(table_of(self._definition), claimed, after, size)
            keys = list(page.values_list("pk", flat=True))
            batch = self._read_each(keys, error)
        target = write_alias(self._generation.name)
        result = send_batch(self._definition, target, tick, each_once(batch), started=started)
        self._take(result, tick)
        return keys

    def _read(self, claimed: LoadRange, after: Any, size: int) -> list[Prepared]:
        using = self._definition.database
        with project_code(ProjectCodeFailed, f"{self._name}.get_queryset()", using):
            page = _page(objects(self._definition), claimed, after, size)
        with project_code(ObjectsUnreadable, self._name, using), reading_from(using):
            return self._source.read(page)

    def _read_each(self, keys: list[Any], error: ObjectsUnreadable) -> list[Prepared]:
        """Read what can be read, as a drain would: one object must not stop the others.

        Raises:
            ObjectsUnreadable: it is not one object, but all.
        """
        places = self._document.django.places
        named = places.keys([str(key) for key in keys], self._definition.database)
        found = read_keys(self._definition, named)
        if len(found) > 1 and all(one.error for one in found):
            raise ObjectsUnreadable(
                f"Not one of {len(found)} objects can be read, from {found[0].text} on: {error}"
            ) from error
        # What is not there needs no delete: nothing was loaded of it.
        return [one for one in found if one.source is not None or one.error]

    def _take(self, result: BulkResult, tick: int) -> None:
        for error in result.errors:
            if error.fault is not None:
                raise explain_item(self._definition, error)
            if error.target_gone:
                if repair(self._definition, [self._generation.name]):
                    # The batch is written again, whole.
                    raise ServerNotReady(f"{self._generation.name} had lost its write alias.")
                raise self._gone()
        if result.errors:
            refused = {error.key: error.message for error in result.errors}
            remember(self._definition.database, self._generation.pk, refused, tick)

    def _gone(self) -> IndexMissing:
        return IndexMissing(
            f"The generation {self._generation.name} is no longer being built: it was deleted, or "
            f"another rebuild replaced it."
        )


def _page(queryset: QuerySet[Any], claimed: LoadRange, after: Any, size: int) -> QuerySet[Any]:
    """Return the first ``size`` objects of a range beyond a key."""
    found = within(claimed, queryset)
    return (found if after is None else found.filter(pk__gt=after))[:size]
