"""The output of ``es_status --json``, whose keys are public."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...backends.health import ConnectionHealth
from ...indices.diff import Difference
from ...outbox.rows.status import OutboxStatus
from ...status.backlog import Backlog
from ...status.status import IndexStatus, Status


@dataclass(frozen=True)
class ConnectionDocument:
    """One connection. Unknown values are None."""

    connection: str
    label: str
    hosts: tuple[str, ...]
    readonly: bool
    index_prefix: str
    available: bool
    error: str | None
    cluster: str | None
    version: str | None
    health: str | None
    nodes: int | None
    latency_ms: float | None


@dataclass(frozen=True)
class DifferenceDocument:
    """One difference between the declared and the live mapping."""

    path: str
    declared: Mapping[str, Any] | None
    live: Mapping[str, Any] | None
    needs_rebuild: bool


@dataclass(frozen=True)
class OutboxDocument:
    """The waiting changes of one index."""

    waiting: int
    oldest: str | None
    failing: int
    parked: int
    second_deletes: int
    stale_share: float | None
    refused: int


@dataclass(frozen=True)
class IndexDocument:
    """One index. Unknown values are None."""

    index: str
    connection: str
    alias: str
    declared: bool
    model: str | None
    known: bool
    generation: str | None
    generations: tuple[str, ...]
    aliases: tuple[str, ...]
    health: str | None
    open: bool
    hidden: bool
    documents: int | None
    rows: int | None
    size_bytes: int | None
    created: str | None
    differences: tuple[DifferenceDocument, ...]
    outbox: OutboxDocument
    problems: tuple[str, ...]


@dataclass(frozen=True)
class BacklogDocument:
    """The changes that wait for all these indices together, and the workers."""

    waiting: int
    oldest: str | None
    parked: int
    silent_databases: tuple[str, ...]
    seconds_left: float | None
    workers: int
    worker_seen: str | None
    problems: tuple[str, ...]


@dataclass(frozen=True)
class StatusDocument:
    """The output of ``es_status``."""

    needs_attention: bool
    backlog: BacklogDocument
    connections: tuple[ConnectionDocument, ...]
    indices: tuple[IndexDocument, ...]


def make_status_document(status: Status) -> StatusDocument:
    """Return the printed document for ``status``."""
    return StatusDocument(
        needs_attention=status.needs_attention,
        backlog=_backlog(status.backlog),
        connections=tuple(_connection(health) for health in status.connections),
        indices=tuple(_index(index) for index in status.indices),
    )


def _backlog(backlog: Backlog) -> BacklogDocument:
    seconds = backlog.seconds
    return BacklogDocument(
        waiting=backlog.waiting,
        oldest=backlog.oldest.isoformat() if backlog.oldest else None,
        parked=backlog.parked,
        silent_databases=backlog.silent,
        seconds_left=None if seconds is None else round(seconds, 1),
        workers=backlog.workers,
        worker_seen=backlog.seen.isoformat() if backlog.seen else None,
        problems=tuple(str(problem) for problem in backlog.problems),
    )


def _connection(health: ConnectionHealth) -> ConnectionDocument:
    shown = health.details
    up = health.available
    return ConnectionDocument(
        connection=shown.alias,
        label=shown.label,
        hosts=shown.hosts,
        readonly=shown.readonly,
        index_prefix=shown.index_prefix,
        available=up,
        error=health.error or None,
        cluster=health.cluster or None,
        version=health.version or None,
        health=health.status or None,
        nodes=health.nodes if up else None,
        latency_ms=round(health.latency, 1) if up else None,
    )


def _index(index: IndexStatus) -> IndexDocument:
    return IndexDocument(
        index=index.name,
        connection=index.connection,
        alias=index.alias,
        declared=index.declared,
        model=index.model or None,
        known=index.known,
        generation=index.generations[0] if len(index.generations) == 1 else None,
        generations=index.generations,
        aliases=index.aliases,
        health=index.health or None,
        open=index.open,
        hidden=index.hidden,
        documents=index.documents,
        rows=index.rows,
        size_bytes=index.size,
        created=index.created.isoformat() if index.created else None,
        differences=tuple(make_difference(difference) for difference in index.differences),
        outbox=_outbox(index.outbox),
        problems=tuple(str(problem) for problem in index.problems),
    )


def _outbox(outbox: OutboxStatus) -> OutboxDocument:
    return OutboxDocument(
        waiting=outbox.waiting,
        oldest=outbox.oldest.isoformat() if outbox.oldest else None,
        failing=outbox.failing,
        parked=outbox.parked,
        second_deletes=outbox.second_deletes,
        stale_share=round(outbox.stale_share, 4) if outbox.stale_share is not None else None,
        refused=outbox.refused,
    )


def make_difference(difference: Difference) -> DifferenceDocument:
    """Return the printed document for one difference."""
    return DifferenceDocument(
        path=difference.path,
        declared=difference.declared,
        live=difference.live,
        needs_rebuild=difference.needs_rebuild,
    )
