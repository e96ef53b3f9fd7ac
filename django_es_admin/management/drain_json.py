"""The document that ``es_drain --once --json`` prints; its keys are a public interface."""

from dataclasses import dataclass

from ..outbox.drain.worker import DrainReport


@dataclass(frozen=True)
class DrainDocument:
    """What a drain did and left."""

    written: int
    deleted: int
    failed: int
    held: int
    unavailable: dict[str, str]
    second_deletes: int
    second_deletes_until: str | None
    parked: int


def drain_document(report: DrainReport) -> DrainDocument:
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
