"""Fill a building generation from the database, one range of primary keys after the other."""

import time
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from ...conf import get_options
from ...exceptions import BatchTooOld, IndexMissing, ObjectsUnreadable, RangeTakenOver, ServerBusy
from ...indices.bulk import BulkResult
from ...indices.definition import IndexDefinition
from ...indices.names import write_alias
from ...models import Generation, LoadRange
from ...outbox.drain.primary import reading_from
from ...outbox.drain.project_code import project_code
from ...outbox.rows.refused import count_refused, remember
from ...outbox.drain.tick import take_tick
from ...outbox.drain.write import Writer, objects, send_batch
from ..generations.table import mark_loaded
from ...operations.patience import patiently
from ...operations.progress import OnProgress, Progress, ignore
from .ranges import all_loaded, claim_range, finish, plan_ranges, renew, rows_read, within

RENEW_SECONDS = 1.0
WAIT_SECONDS = 0.5


@dataclass(frozen=True)
class LoadResult:
    """What a load came to, whoever worked on it.

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
        """Objects whose documents were written, or deleted where they belong into no index."""
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
    total = objects(definition).count()
    plan_ranges(definition, generation)
    loader = _Loader(definition, generation, on_progress, total)
    loader.tell()
    while not all_loaded(generation):
        claimed = claim_range(generation)
        if claimed is None:
            # Others work on what is left; should one die, its lease ends.
            time.sleep(WAIT_SECONDS)
            loader.tell()
            continue
        try:
            loader.load(claimed)
        except RangeTakenOver:
            continue
    loader.tell()
    mark_loaded(generation)
    return LoadResult(
        rows_read(generation),
        count_refused(definition, generation.name),
        time.monotonic() - started,
    )


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
        assert definition.document is not None  # noqa: S101 (objects() has seen to it)
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
        with project_code(ObjectsUnreadable, f"{self._name}.get_queryset()"):
            page = queryset = within(claimed, objects(self._definition))
        more = True
        while more:
            keys, more = self._load_patiently(page, claimed, rows)
            rows += len(keys)
            if more:
                page = queryset.filter(pk__gt=keys[-1])
            if time.monotonic() - self._renewed >= RENEW_SECONDS:
                self._renew(claimed, rows)
        finish(claimed, rows)

    def _renew(self, claimed: LoadRange, rows: int) -> None:
        self._renewed = time.monotonic()
        renew(claimed, rows)
        self.tell()

    def _load_patiently(
        self, page: QuerySet[Any], claimed: LoadRange, rows: int
    ) -> tuple[list[Any], bool]:
        """Return the keys of one batch, and whether there may be more."""
        size = self._size

        def attempt() -> list[Any]:
            nonlocal size
            try:
                return self._load(page[:size])
            except (BatchTooOld, ServerBusy):
                # There is no room, or no time, for so much at once.
                size = max(size // 2, 1)
                raise

        keys = patiently(attempt, lambda: self._renew(claimed, rows))
        full = len(keys) == size
        self._size = min(size + max(self._largest // 10, 1), self._largest)
        return keys, full

    def _load(self, page: QuerySet[Any]) -> list[Any]:
        started = time.monotonic()
        tick = take_tick(self._definition.database)
        with reading_from(self._definition.database):
            try:
                with project_code(ObjectsUnreadable, self._name):
                    batch = list(self._source.read(page))
            except ObjectsUnreadable:
                return self._load_singly(page)
        target = write_alias(self._generation.name)
        result = send_batch(self._definition, target, tick, batch, started=started)
        self._take(result)
        return [one.key for one in batch]

    def _take(self, result: BulkResult) -> None:
        for error in result.errors:
            if error.busy:
                raise ServerBusy(
                    f"The connection {self._definition.using!r} is overloaded: {error.message}"
                )
            if error.target_gone:
                raise self._gone()
        if result.errors:
            refused = {error.key: error.message for error in result.errors}
            remember(self._definition.database, self._generation.pk, refused)

    def _load_singly(self, page: QuerySet[Any]) -> list[Any]:
        """Load what can be read, as a drain would: one object must not stop the others."""
        keys = list(page.values_list("pk", flat=True))
        writer = Writer(self._definition, get_options().write_timeout)
        writer.write_keys([str(key) for key in keys])
        return keys

    def _gone(self) -> IndexMissing:
        return IndexMissing(
            f"The generation {self._generation.name} is not being built any more: "
            f"somebody deleted it, or gave it up."
        )
