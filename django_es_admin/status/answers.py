"""The answer of each connection about its indices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..backends.abstracts import Base
from ..backends.disk import Disk, read_disk
from ..backends.display import details
from ..backends.health import ConnectionHealth, in_time, probe
from ..backends.transport.deadline import Deadline
from ..exceptions import ConnectionTimedOut, ElasticsearchAdminError
from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndex, LiveIndices, count_documents, read_indices, read_mappings
from ..indices.names import alias_of_generation
from ..indices.synonyms import read_set
from .synonyms import Sets

MOST_OTHERS = 100
"""The maximum number of undeclared indices whose documents are counted, one search each."""


@dataclass(frozen=True)
class ClusterAnswer:
    """The answer of one connection, read in its own thread and without the database."""

    health: ConnectionHealth
    live: LiveIndices = field(default_factory=lambda: LiveIndices({}))
    mappings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    documents: Mapping[str, int | None] = field(default_factory=dict)
    disk: Disk | None = None
    synonyms: Sets = field(default_factory=dict)
    """The synonym sets that were requested. A set about which nothing is known is missing."""
    told: datetime | None = None
    """If the connection does not answer, the time of the answer that is shown instead."""


def ask(
    backend: Base,
    definitions: Iterable[IndexDefinition],
    seconds: float,
    others: frozenset[str] | None = None,
) -> ClusterAnswer:
    """Return what a connection says about the indices within ``seconds``. It never raises.

    Args:
        others: physical indices whose documents are counted in addition to those of
            ``definitions``; None for the first ``MOST_OTHERS`` of all indices.
    """
    deadline = Deadline(seconds)
    try:
        return in_time(backend, deadline, lambda: _ask(backend, definitions, deadline, others))
    except ConnectionTimedOut as error:
        return ClusterAnswer(ConnectionHealth(details(backend), error=str(error)))


def _ask(
    backend: Base,
    definitions: Iterable[IndexDefinition],
    deadline: Deadline,
    others: frozenset[str] | None,
) -> ClusterAnswer:
    health = probe(backend, deadline)
    if not health.available:
        return ClusterAnswer(health)
    try:
        live = read_indices(backend, deadline)
        aliases = _aliases(backend, definitions)
        ours = [
            index.name
            for index in live.by_name.values()
            if belongs(index, aliases) or index.name in aliases
        ]
        mappings = read_mappings(backend, ours, deadline)
        documents = count_documents(backend, _to_count(live, aliases, others), deadline)
    except ElasticsearchAdminError as error:
        return ClusterAnswer(ConnectionHealth(health.details, error=str(error)))
    try:
        disk = read_disk(backend, deadline)
    except ElasticsearchAdminError:
        # This needs another privilege than the rest, and a page can do without it.
        disk = None
    synonyms = _read_sets(backend, definitions, deadline)
    return ClusterAnswer(health, live, mappings, documents, disk, synonyms)


def _read_sets(
    backend: Base, definitions: Iterable[IndexDefinition], deadline: Deadline
) -> dict[str, tuple[str, ...] | None]:
    wanted = {real for d in definitions if d.using == backend.alias for real in d.synonyms.values()}
    try:
        return {real: read_set(backend, real, deadline) for real in sorted(wanted)}
    except ElasticsearchAdminError:
        # An older server does not know this request, and an account may lack the privilege.
        return {}


def _to_count(
    live: LiveIndices, aliases: frozenset[str], others: frozenset[str] | None
) -> list[str]:
    """Return the indices whose documents are counted: our own, and a limited number of others."""
    searchable = [index for index in live.by_name.values() if index.open]
    ours = [index.name for index in searchable if belongs(index, aliases)]
    rest = [index.name for index in searchable if not belongs(index, aliases)]
    wanted = rest if others is None else [name for name in rest if name in others]
    return ours + wanted[:MOST_OTHERS]


def _aliases(backend: Base, definitions: Iterable[IndexDefinition]) -> frozenset[str]:
    return frozenset(d.alias for d in definitions if d.using == backend.alias)


def belongs(index: LiveIndex, aliases: frozenset[str]) -> bool:
    """Return whether a physical index holds one of these aliases, or is a generation of one."""
    return not aliases.isdisjoint(index.aliases) or alias_of_generation(index.name) in aliases
