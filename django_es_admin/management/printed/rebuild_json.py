"""The ``--json`` output of ``es_rebuild``, one event per line, which is public."""

from dataclasses import dataclass
from typing import Literal

from ...exceptions import LoadFailed
from ...indices.definition import IndexDefinition
from ...lifecycle.rebuild import RebuildResult
from ...lifecycle.rebuild_plan import RebuildPlan
from ...models import Operation


@dataclass(frozen=True)
class PlanEvent:
    """The first line about an index from ``es_rebuild``."""

    event: Literal["plan"]
    index: str
    connection: str
    alias: str
    live: str | None
    resumes: str | None
    rows: int
    swap: bool
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]


def make_plan_event(plan: RebuildPlan) -> PlanEvent:
    """Return the line about a plan."""
    return PlanEvent(
        event="plan",
        index=plan.definition.name,
        connection=plan.definition.connection.alias,
        alias=plan.definition.alias,
        live=plan.source,
        resumes=plan.resumes or None,
        rows=plan.rows,
        swap=plan.swap,
        warnings=plan.warnings,
        refusals=plan.refusals,
    )


@dataclass(frozen=True)
class ProgressEvent:
    """A line about a step. ``rate`` is in rows per second."""

    event: Literal["progress"]
    index: str
    connection: str
    step: str
    done: int
    total: int | None
    rate: float | None
    seconds_left: float | None


@dataclass(frozen=True)
class QueuedEvent:
    """A rebuild that a worker of the background tasks will do."""

    event: Literal["queued"]
    index: str
    connection: str
    operation: int
    workers: int


def make_queued_event(plan: RebuildPlan, operation: Operation) -> QueuedEvent:
    """Return the printed document for a rebuild that was queued."""
    definition = plan.definition
    connection = definition.connection.alias
    return QueuedEvent("queued", definition.name, connection, operation.pk, plan.workers)


@dataclass(frozen=True)
class UnchangedEvent:
    """An index that ``es_rebuild --only-changed`` skips, because it is as declared."""

    event: Literal["unchanged"]
    index: str
    connection: str
    generation: str


def make_unchanged_event(definition: IndexDefinition, generation: str) -> UnchangedEvent:
    """Return the printed document for an index that is as declared."""
    connection = definition.connection.alias
    return UnchangedEvent("unchanged", definition.name, connection, generation)


@dataclass(frozen=True)
class DoneEvent:
    """The last line about an index that was rebuilt."""

    event: Literal["done"]
    index: str
    connection: str
    alias: str
    generation: str
    previous: str | None
    swapped: bool
    rows: int
    documents: int
    repaired: int
    seconds: float


def make_done_event(plan: RebuildPlan, result: RebuildResult, seconds: float) -> DoneEvent:
    """Return the line about a rebuild that took ``seconds``."""
    return DoneEvent(
        event="done",
        index=result.index,
        connection=plan.definition.connection.alias,
        alias=plan.definition.alias,
        generation=result.generation,
        previous=plan.source,
        swapped=result.swap is not None,
        rows=result.load.rows,
        documents=result.gate.documents,
        repaired=result.gate.repaired,
        seconds=round(seconds, 2),
    )


@dataclass(frozen=True)
class FailureDocument:
    """One document that could not be indexed."""

    key: str
    reason: str


@dataclass(frozen=True)
class FailedEvent:
    """The last line about an index that was not rebuilt. ``failures`` has the first documents."""

    event: Literal["failed"]
    index: str
    connection: str
    error: str
    generation: str | None
    rows: int | None
    failed: int | None
    failures: tuple[FailureDocument, ...]


def make_failed_event(plan: RebuildPlan, error: str, cause: BaseException) -> FailedEvent:
    """Return the line about a rebuild that failed.

    Args:
        error: the line for people.
        cause: the exception.
    """
    known = cause if isinstance(cause, LoadFailed) else None
    return FailedEvent(
        event="failed",
        index=plan.definition.name,
        connection=plan.definition.connection.alias,
        error=error,
        generation=known.generation if known else None,
        rows=known.rows if known else None,
        failed=known.failed if known else None,
        failures=tuple(FailureDocument(key, why) for key, why in known.failures) if known else (),
    )
