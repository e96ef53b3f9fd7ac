"""What the page of an index shows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from django_es_admin import connections

from ..backends.abstracts import Base
from ..backends.health import ConnectionHealth, in_time
from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..exceptions import ElasticsearchAdminError, IndexMissing
from ..indices.definition import IndexDefinition, get_definitions
from ..indices.live import LiveIndex, count_documents, read_mappings
from ..indices.names import is_generation_name
from ..models import Generation
from . import snapshot as snapshots
from .answers import ClusterAnswer, ask
from .backlog import Backlog, sum_up
from .figures import read_figures
from .status import IndexStatus, index_status, unmanaged_status

Look = Callable[[Base, str, Deadline], Any]
"""Gets the connection, the name of the live generation, and the remaining time."""


@dataclass(frozen=True)
class GenerationStatus:
    """One physical index of a declared index.

    Args:
        role: the role in the table of generations; "" if it is not registered.
        live: whether it holds the alias.
        exists: False if it is registered, but no longer in the cluster.
        fits: whether it was built for the current document.
        loaded: when its load was complete; None if it was not.
        error: why its build failed.
        known: False if the connection does not answer. Then it is unknown whether the index is
            live, and nothing may be deleted.
    """

    name: str
    role: str
    live: bool
    exists: bool
    fits: bool
    created: datetime | None
    loaded: datetime | None
    documents: int | None
    size: int | None
    health: str
    error: str = ""
    known: bool = True


@dataclass(frozen=True)
class IndexDetail:
    """One index, with its connection and generations.

    Args:
        connection: the status of the connection.
        status: the line of the index on the dashboard.
        declared_mappings: the mappings of the document; empty without a document.
        live_mappings: the mappings of the live generation; empty if there is none.
        settings: the flat settings of the live generation.
        generations: the generations, the newest first.
        found: what ``look`` returned; None if it was not called, or failed.
        found_error: why ``look`` failed.
        backlog: the changes that wait for the index, and the workers.
    """

    connection: ConnectionHealth
    status: IndexStatus
    declared_mappings: Mapping[str, Any] = field(default_factory=dict)
    live_mappings: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    generations: tuple[GenerationStatus, ...] = ()
    found: Any = None
    found_error: str = ""
    backlog: Backlog = field(default_factory=Backlog)
    read: datetime | None = None
    """When the connection was asked."""


def get_index(
    connection: str, name: str, *, look: Look | None = None, exact: bool = True
) -> IndexDetail:
    """Return everything about one index, declared or not.

    Args:
        connection: alias of the connection.
        name: the declared name, or the name of a physical index.
        look: reads something more, within the remaining time.
        exact: whether to count the rows.

    Raises:
        IndexMissing: the connection answers, but there is no such index.
        ConnectionDoesNotExist: there is no such connection.
    """
    backend = connections[connection]
    definitions = [d for d in get_definitions(connection) if d.name == name]
    seconds = get_options().page_timeout
    deadline = Deadline(seconds)
    if definitions:
        began = timezone.now()
        snapshot = snapshots.look([backend], seconds)[connection]
        answer = snapshot.answer
        if exact and snapshot.taken < began:
            answer, exact = _with_count(definitions[0], answer, deadline)
        detail = _declared(definitions[0], answer, deadline, look, exact=exact)
        return replace(detail, read=snapshot.taken)
    answer = ask(backend, definitions, seconds, frozenset({name}))
    index = answer.live.by_name.get(name)
    if index is None:
        if answer.health.available:
            raise IndexMissing(f"The connection {connection!r} has no index {name!r}.")
        status = IndexStatus(
            name=name, alias=name, connection=connection, declared=False, known=False
        )
        return IndexDetail(answer.health, status)
    status = unmanaged_status(connection, index, answer)
    return _with_live(IndexDetail(answer.health, status), index, deadline, look)


def _with_count(
    definition: IndexDefinition, answer: ClusterAnswer, deadline: Deadline
) -> tuple[ClusterAnswer, bool]:
    """Count the documents again, to compare them with the current rows; return whether to.

    The shared answer is some seconds old. If the rows were counted in these seconds, their stored
    count is good enough.
    """
    holders = answer.live.holders(definition.alias)
    counted = read_figures([definition]).rows(definition, None, exact=False).counted
    age = (timezone.now() - counted).total_seconds() if counted else None
    if not holders or not answer.health.available or (age is not None and age < snapshots.SECONDS):
        return answer, not holders
    backend, name = definition.connection, holders[0].name
    try:
        found = in_time(backend, deadline, lambda: count_documents(backend, [name], deadline))
    except ElasticsearchAdminError:
        return answer, False
    return replace(answer, documents={**answer.documents, **found}), True


def _declared(
    definition: IndexDefinition,
    answer: ClusterAnswer,
    deadline: Deadline,
    look: Look | None,
    *,
    exact: bool,
) -> IndexDetail:
    holders = answer.live.holders(definition.alias)
    figures = read_figures([definition])
    status = index_status(definition, answer, figures, exact=exact)
    detail = IndexDetail(
        answer.health,
        status,
        backlog=sum_up(
            [(definition.using, status.outbox)], [answer.health], figures.workers, figures.silent
        ),
        declared_mappings=definition.mappings,
        generations=tuple(
            replace(generation, known=generation.known and figures.knows(definition))
            for generation in _generations(definition, answer, figures.generations(definition))
        ),
    )
    if not holders:
        return detail
    if not answer.health.available:
        known = answer.mappings.get(holders[0].name, {})
        return replace(detail, live_mappings=known, settings=holders[0].settings)
    return _with_live(detail, holders[0], deadline, look)


def _with_live(
    detail: IndexDetail, index: LiveIndex, deadline: Deadline, look: Look | None
) -> IndexDetail:
    backend = connections[detail.status.connection]
    mappings: Mapping[str, Any] = {}
    found, problem = None, ""
    try:
        mappings = in_time(backend, deadline, lambda: _mappings(backend, index, deadline))
        if look and index.open:
            found = in_time(backend, deadline, lambda: look(backend, index.name, deadline))
    except ElasticsearchAdminError as error:
        problem = str(error)
    return replace(
        detail,
        live_mappings=mappings,
        settings=index.settings,
        found=found,
        found_error=problem,
    )


def _mappings(backend: Base, index: LiveIndex, deadline: Deadline) -> Mapping[str, Any]:
    return read_mappings(backend, [index.name], deadline).get(index.name, {})


def _generations(
    definition: IndexDefinition, answer: ClusterAnswer, rows: Iterable[Generation]
) -> tuple[GenerationStatus, ...]:
    registered = {row.name: row for row in rows}
    physical = {
        name: index
        for name, index in answer.live.by_name.items()
        if is_generation_name(definition.alias, name) or definition.alias in index.aliases
    }
    every = [
        _generation(definition, answer, registered.get(name), physical.get(name), name)
        for name in registered.keys() | physical.keys()
    ]
    # With USE_TZ = False, dates of the database are naive, and those of Elasticsearch are aware.
    return tuple(sorted(every, key=_moment_of_creation, reverse=True))


def _moment_of_creation(generation: GenerationStatus) -> float:
    return generation.created.timestamp() if generation.created else 0.0


def _generation(
    definition: IndexDefinition,
    answer: ClusterAnswer,
    row: Generation | None,
    index: LiveIndex | None,
    name: str,
) -> GenerationStatus:
    created = row.created_at if row else index.created if index else None
    return GenerationStatus(
        name=name,
        role=row.role if row else "",
        live=_is_live(definition, answer, row, index),
        exists=index is not None or not answer.health.available,
        fits=bool(row and row.digest == definition.digest),
        created=created,
        loaded=row.loaded_at if row else None,
        documents=answer.documents.get(name),
        size=index.size if index else None,
        health=index.health if index else "",
        error=row.error if row else "",
        known=answer.health.available,
    )


def _is_live(
    definition: IndexDefinition,
    answer: ClusterAnswer,
    row: Generation | None,
    index: LiveIndex | None,
) -> bool:
    """Return whether a generation is searched: it has the alias, or had it before it was lost."""
    if answer.health.available or answer.told:
        return bool(index and definition.alias in index.aliases)
    return bool(row and row.role == Generation.Role.LIVE)
