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
"""Releases the ranges that a dead process has left."""

Hire = Callable[[IndexDefinition, Generation, int, float | None], AbstractContextManager[LookAfter]]
"""Gets the index, the generation, the number of processes including this one, and the rate of each;
the other processes load while the context is open."""


def nobody_to_look_after() -> None:
    """Do nothing, because the lease of a process elsewhere has to expire by itself."""


@dataclass(frozen=True)
class LoadResult:
    """The result of a load by any number of processes.

    Args:
        rows: objects read.
        failed: documents that could not be written.
        seconds: how long the load took in this process.
    """

    rows: int
    failed: int
    seconds: float

    @property
    def written(self) -> int:
        """Objects whose documents were written, or deleted if they do not belong in the index."""
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

    Any number of processes may do this at the same time; each returns when everything is loaded.
    Memory does not grow with the number of objects. A document that cannot be written is recorded
    as refused, and does not stop the others.

    Args:
        workers: the maximum number of processes, including this one.
        rate: the maximum number of objects per second, of all processes together.
        hire: starts the other processes. If omitted, others only join by themselves.

    Raises:
        ElasticsearchAdminError: a request failed as a whole, for longer than
            ``OPERATION_PATIENCE``.
    """
    started = time.monotonic()
    total = count_about(definition)
    plan_ranges(definition, generation, total=total, workers=workers)
    # More processes than ranges would have nothing to do, but take a share of the rate.
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
                # Other processes load the remaining ranges. If one of them dies, its lease expires.
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
    """Load ranges for a rebuild of another process, until there is none left to claim.

    Args:
        going_on: called about every second; an exception ends the work.
        rate: the maximum number of objects per second.
        worker: the prefix of this process's claims.

    Raises:
        IndexMissing: the generation is no longer being built.
        ElasticsearchAdminError: a request failed as a whole.
    """

    def tell() -> None:
        require_building(generation)
        going_on()

    tell()
    Pipeline(definition, generation, tell, rate=rate, worker=worker).load_ranges()


def require_building(generation: Generation) -> None:
    """Raise an error unless the generation is still being built.

    Raises:
        IndexMissing: the generation is no longer being built.
    """
    building = Generation.objects.using(generation._state.db).filter(
        pk=generation.pk, role=Generation.Role.BUILDING
    )
    if not building.exists():
        raise gone(generation)


def count_about(definition: IndexDefinition) -> int:
    """Return about how many objects to load; all rows if the queryset cannot be counted."""
    try:
        return count_objects(definition)
    except QuerysetUnusable:
        raise
    except ProjectCodeFailed:
        return sum(table_of(part).count() for part in definition.parts)
