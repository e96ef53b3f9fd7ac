"""The ``--json`` output of the commands that change something, which is public."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from ...lifecycle.aliases.swap_plan import SwapPlan
from ...lifecycle.delete import DeletePlan
from ...lifecycle.prune import PrunePlan
from ...outbox.drainers.worker import DrainReport
from ...outbox.triggers.install import TriggerState
from ...outbox.triggers.trigger import Trigger
from .status_json import DifferenceDocument, make_difference

Outcome = Literal["created", "adopted", "exists", "failed", "skipped"]


@dataclass(frozen=True)
class CreatedDocument:
    """The result of ``es_create`` for one index."""

    index: str
    connection: str
    alias: str
    outcome: Outcome
    generation: str | None
    error: str | None


@dataclass(frozen=True)
class CreateDocument:
    """The output of ``es_create``."""

    indices: tuple[CreatedDocument, ...]


@dataclass(frozen=True)
class SwapDocument:
    """The output of ``es_swap_alias``."""

    index: str
    connection: str
    alias: str
    source: str | None
    target: str | None
    documents_before: int | None
    documents_after: int | None
    refused: int
    differences: tuple[DifferenceDocument, ...]
    actions: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]
    swapped: bool


def make_swap_document(plan: SwapPlan, *, swapped: bool) -> SwapDocument:
    """Return the printed document for a swap."""
    return SwapDocument(
        index=plan.definition.name,
        connection=plan.definition.connection.alias,
        alias=plan.definition.alias,
        source=plan.source,
        target=plan.target or None,
        documents_before=plan.documents_before,
        documents_after=plan.documents_after,
        refused=plan.refused,
        differences=tuple(make_difference(difference) for difference in plan.differences),
        actions=plan.actions if plan.target else (),
        warnings=plan.warnings,
        refusals=plan.refusals,
        swapped=swapped,
    )


@dataclass(frozen=True)
class DoomedDocument:
    """One generation that will be deleted."""

    generation: str
    documents: int | None


@dataclass(frozen=True)
class DeleteDocument:
    """The output of ``es_delete``."""

    name: str
    index: str
    connection: str
    generations: tuple[DoomedDocument, ...]
    refusals: tuple[str, ...]
    deleted: bool


def make_delete_document(plan: DeletePlan, *, deleted: bool) -> DeleteDocument:
    """Return the printed document for a deletion."""
    return DeleteDocument(
        name=plan.name,
        index=plan.definition.name,
        connection=plan.definition.connection.alias,
        generations=tuple(
            DoomedDocument(name, documents) for name, documents in plan.generations.items()
        ),
        refusals=plan.refusals,
        deleted=deleted,
    )


@dataclass(frozen=True)
class PruneDocument:
    """One index in the output of ``es_prune``. ``early`` and ``unknown`` are kept.

    ``refusals`` also has the reasons why Elasticsearch would refuse to delete other indices.
    """

    index: str
    connection: str
    doomed: tuple[str, ...]
    early: tuple[str, ...]
    unknown: tuple[str, ...]
    refusals: tuple[str, ...]
    deleted: tuple[str, ...]


@dataclass(frozen=True)
class PruneDocuments:
    """The output of ``es_prune``."""

    indices: tuple[PruneDocument, ...]


def make_prune_document(plan: PrunePlan, deleted: tuple[str, ...]) -> PruneDocument:
    """Return the printed document for the generations of an index that were deleted."""
    return PruneDocument(
        index=plan.definition.name,
        connection=plan.definition.connection.alias,
        doomed=plan.doomed,
        early=plan.early,
        unknown=plan.unknown,
        refusals=(*plan.refusals, *plan.blocked),
        deleted=deleted,
    )


@dataclass(frozen=True)
class DrainDocument:
    """The result of ``es_drain --once``, and the rows that are left."""

    written: int
    deleted: int
    failed: int
    held: int
    unavailable: dict[str, str]
    second_deletes: int
    second_deletes_until: str | None
    parked: int


def make_drain_document(report: DrainReport) -> DrainDocument:
    """Return the document for ``report``."""
    result, until = report.result, report.second_deletes_until
    return DrainDocument(
        written=result.written,
        deleted=result.deleted,
        failed=result.failed,
        held=result.held,
        unavailable={stop.connection: str(stop.error) for stop in result.stopped},
        second_deletes=report.second_deletes,
        second_deletes_until=until.isoformat() if until else None,
        parked=report.parked,
    )


@dataclass(frozen=True)
class TriggerDocument:
    """One trigger in the output of ``es_triggers``."""

    name: str
    table: str
    event: str
    document: str


@dataclass(frozen=True)
class OldTriggerDocument:
    """One old trigger in the output of ``es_triggers``, which no document wants."""

    name: str
    table: str


@dataclass(frozen=True)
class ImpossibleDocument:
    """A document in the output of ``es_triggers`` that cannot have triggers."""

    document: str
    reason: str


@dataclass(frozen=True)
class TriggerStateDocument:
    """The triggers of one database."""

    database: str
    present: tuple[TriggerDocument, ...]
    missing: tuple[TriggerDocument, ...]
    old: tuple[OldTriggerDocument, ...]
    impossible: tuple[ImpossibleDocument, ...]


@dataclass(frozen=True)
class TriggersDocument:
    """The output of ``es_triggers``."""

    databases: tuple[TriggerStateDocument, ...]


def make_triggers_document(states: Iterable[TriggerState]) -> TriggersDocument:
    """Return the printed document for the triggers of each database."""

    def of(triggers: Iterable[Trigger]) -> tuple[TriggerDocument, ...]:
        return tuple(TriggerDocument(t.name, t.table, t.event, t.document) for t in triggers)

    return TriggersDocument(
        tuple(
            TriggerStateDocument(
                database=state.using,
                present=of(state.present),
                missing=of(state.missing),
                old=tuple(OldTriggerDocument(*one) for one in state.old),
                impossible=tuple(ImpossibleDocument(*one) for one in state.impossible),
            )
            for state in states
        )
    )
