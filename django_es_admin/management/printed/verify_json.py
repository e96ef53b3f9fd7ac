"""The ``--json`` output of ``es_verify``, which is public."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from ...indices.definition import IndexDefinition
from ...lifecycle.verify.plan import VerifyResult
from ...models import ProvenRange


@dataclass(frozen=True)
class DifferingDocument:
    """One object whose document differs. ``kind`` is missing, stale, ghost or refused."""

    key: str
    kind: str


@dataclass(frozen=True)
class VerifiedDocument:
    """One index in the output of ``es_verify``. The figures are numbers of objects or documents."""

    index: str
    connection: str
    generation: str
    objects: int
    documents: int
    missing: int
    stale: int
    ghosts: int
    refused: int
    waiting: int
    repaired: int
    examples: tuple[DifferingDocument, ...]
    seconds: float
    sample: int | None
    since: str | None


@dataclass(frozen=True)
class VerifyDocument:
    """The output of ``es_verify``."""

    indices: tuple[VerifiedDocument, ...]


def make_verified_document(result: VerifyResult) -> VerifiedDocument:
    """Return the printed document for an index that was compared with its database."""
    return VerifiedDocument(
        index=result.definition.name,
        connection=result.definition.connection.alias,
        generation=result.generation,
        objects=result.objects,
        documents=result.documents,
        missing=result.missing,
        stale=result.stale,
        ghosts=result.ghosts,
        refused=result.refused,
        waiting=result.waiting,
        repaired=result.repaired,
        examples=tuple(DifferingDocument(key, kind) for key, kind in result.examples),
        seconds=round(result.seconds, 3),
        sample=result.sample,
        since=result.since.isoformat() if result.since else None,
    )


@dataclass(frozen=True)
class RangeEvent:
    """One range that ``es_verify --forever`` compared."""

    event: Literal["range"]
    index: str
    connection: str
    document: str
    documents_without_object: bool
    after: str
    until: str
    compared: int
    differing: int
    proven_at: str | None


def make_range_event(definition: IndexDefinition, one: ProvenRange) -> RangeEvent:
    """Return the printed document for a range that was compared."""
    return RangeEvent(
        event="range",
        index=definition.name,
        connection=definition.connection.alias,
        document=one.document,
        documents_without_object=one.ghosts,
        after=one.after,
        until=one.until,
        compared=one.compared,
        differing=one.differing,
        proven_at=one.proven_at.isoformat() if one.proven_at else None,
    )


def make_pass_event(result: VerifyResult) -> dict[str, Any]:
    """Return the printed document for a whole pass through an index."""
    return {"event": "pass", **asdict(make_verified_document(result))}
