"""Fill a building generation from the database, one range of primary keys after the other."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from ...exceptions import ProjectCodeFailed, QuerysetUnusable
from ...indices.definition import IndexDefinition
from ...models import Generation
from ...operations.progress import OnProgress, Progress, ignore
from ...outbox.objects.read import count_objects, table_of
from ...outbox.rows.refused import count_refused
from ..generations.table import mark_loaded
from .part import gone
from .pipeline import Pipeline
from .ranges import all_loaded, count_open, plan_ranges, rows_read

WAIT_SECONDS = 0.1


LookAfter = Callable[[], None]
"""Lets ranges be claimed at once that a dead process has left behind."""

Hire = Callable[[IndexDefinition, Generation, int, float | None], AbstractContextManager[LookAfter]]
"""Gets the index, the generation, how many processes are to load it, this one included, and the
rate of each of them; the others load in the context."""


def nobody_to_look_after() -> None:
    """Do nothing: the lease of a process elsewhere has to end by itself."""


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
    definition: IndexDefinition,
    generation: Generation,
    on_progress: OnProgress = ignore,
    *,
    workers: int = 1,
    rate: float | None = None,
    hire: Hire | None = None,
) -> LoadResult:
    """Write every object of the document's queryset to ``generation``.

    Any number of processes may do so at once; each returns when all is loaded. Memory does not
    grow with the number of objects. A document that cannot be written does not stop the others: it
    is remembered as refused.

    Args:
        workers: how many processes load it at most, this one included.
        rate: at most so many objects a second, by all of them together.
        hire: lets the other processes work; they only come by themselves if omitted.

    Raises:
        ElasticsearchAdminError: a request failed as a whole, for longer than
            ``OPERATION_PATIENCE``.
    """
    started = time.monotonic()
    total = count_about(definition)
    plan_ranges(definition, generation, total=total, workers=workers)
    # One more than there are ranges would find nothing to do, but take its share of the rate.
    workers = max(min(workers, count_open(generation)), 1)
    share = rate / workers if rate else None

    def tell() -> None:
        require_building(generation)
        done = rows_read(generation)
        on_progress(Progress(definition.name, "load", done, max(done, total)))

    tell()
    hiring: AbstractContextManager[LookAfter] = nullcontext(nobody_to_look_after)
    if hire and workers > 1:
        hiring = hire(definition, generation, workers, share)
    with hiring as look_after:
        pipeline = Pipeline(definition, generation, tell, rate=share)
        while not all_loaded(generation):
            pipeline.load_ranges()
            if not all_loaded(generation):
                # Others work on what is left; should one die, its lease ends.
                time.sleep(WAIT_SECONDS)
                look_after()
                tell()
    tell()
    mark_loaded(generation)
    return LoadResult(
        rows_read(generation),
        count_refused(definition, generation.name),
        time.monotonic() - started,
    )


def help_load(
    definition: IndexDefinition,
    generation: Generation,
    going_on: Callable[[], None],
    *,
    rate: float | None = None,
    worker: str = "",
) -> None:
    """Load ranges beside the process that rebuilds, until there is none to claim.

    Args:
        going_on: called about every second; what it raises ends the work.
        rate: at most so many objects a second.
        worker: what the claims of this process begin with.

    Raises:
        IndexMissing: the generation is not being built any more.
        ElasticsearchAdminError: a request failed as a whole.
    """

    def tell() -> None:
        require_building(generation)
        going_on()

    tell()
    Pipeline(definition, generation, tell, rate=rate, worker=worker).load_ranges()


def require_building(generation: Generation) -> None:
    """Continue only while a generation is being built.

    Raises:
        IndexMissing: it is no longer being built.
    """
    building = Generation.objects.using(generation._state.db).filter(
        pk=generation.pk, role=Generation.Role.BUILDING
    )
    if not building.exists():
        raise gone(generation)


def count_about(definition: IndexDefinition) -> int:
    """Return how many objects there are to load: all rows, where the queryset cannot be counted."""
    try:
        return count_objects(definition)
    except QuerysetUnusable:
        raise
    except ProjectCodeFailed:
        return sum(table_of(part).count() for part in definition.parts)
