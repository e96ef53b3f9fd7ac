"""The status of connections and indices, as the dashboard and ``es_status`` show it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from django_es_admin import connections

from ..backends.abstracts import Base
from ..backends.disk import Disk
from ..backends.health import ConnectionHealth, for_each
from ..conf import get_options
from ..indices.definition import IndexDefinition, get_definitions, select_definitions
from ..indices.diff import Difference, compare_mappings
from ..indices.live import LiveIndex, LiveIndices
from ..models import Generation
from ..operations.history import OperationStatus
from ..outbox.drain.owner import owner_in
from ..outbox.rows.status import OutboxStatus
from .answers import ClusterAnswer, ask, belongs
from .backlog import Backlog, sum_up
from .block_problems import problems_of_blocks
from .counts import Rows
from .figures import Figures, read_figures
from .former import Former, find_former
from .ownership import Ownership
from .problem import Problem
from .problems import find_problems, problems_of_outbox, problems_without_database
from .snapshot import look
from .synonyms import find_behind


@dataclass(frozen=True)
class IndexStatus:
    """One line of the dashboard.

    Args:
        name: the declared name; for an undeclared index, its physical name.
        alias: the alias that is searched.
        connection: alias of the connection.
        declared: False for an index that the project does not declare.
        model: ``shop.Product``; "" without a document.
        generations: the physical indices that hold the alias: one, if all is well.
        aliases: other aliases of these physical indices.
        health: ``green``, ``yellow`` or ``red``; "" if unknown.
        open: False for a closed index.
        hidden: whether it is a hidden index.
        documents: the number of documents in the live generation; None if unknown.
        counted: the objects in the database that belong in the index.
        size: the size of the primary shards, in bytes.
        created: when the live generation was created.
        differences: the differences between the declared and the live mapping.
        outbox: the status of its outbox.
        problems: the problems of the index.
        operation: the last operation.
        verification: the last finished comparison with the database.
    """

    name: str
    alias: str
    connection: str
    declared: bool
    model: str = ""
    generations: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    health: str = ""
    open: bool = True
    hidden: bool = False
    documents: int | None = None
    size: int | None = None
    created: datetime | None = None
    differences: tuple[Difference, ...] = ()
    outbox: OutboxStatus = field(default_factory=OutboxStatus)
    problems: tuple[Problem, ...] = ()
    operation: OperationStatus | None = None
    verification: OperationStatus | None = None
    counted: Rows = field(default_factory=Rows)
    former: Former | None = None
    """If no index has the alias, the generation to restore it to."""
    standby: str = ""
    """The generation for a rollback; "" if there is none."""
    sound: bool = False
    """Whether the live index is known and complete. If not, it may need a replacement."""
    prunable: int = 0
    """Generations that are no longer needed, and can be deleted now."""
    prunable_size: int | None = None
    """The size of the primary shards of these generations in bytes, as far as known."""
    running: tuple[OperationStatus, ...] = ()
    """The running and queued operations, the newest first."""
    known: bool = True
    """False if the connection did not answer, so that the state of the index is unknown."""
    database_known: bool = True
    """False if the database did not answer, so that the generations are unknown."""
    told: datetime | None = None
    """If the state is unknown, the time of the answer that is shown instead."""

    @property
    def exists(self) -> bool:
        """Whether there is a live generation."""
        return bool(self.generations)

    @property
    def rows(self) -> int | None:
        """The number of objects in the database that belong in the index; None if unknown."""
        return self.counted.number

    @property
    def rows_are_old(self) -> bool:
        """Whether the number of documents has changed since the rows were counted.

        This is False if the state of the index is unknown, because then all figures are old.
        """
        return self.known and self.counted.precedes(self.documents)

    @property
    def drift(self) -> int:
        """How many more documents than rows there are, below 0 for missing ones; 0 if unknown."""
        return self.counted.drift(self.documents) if self.known else 0


@dataclass(frozen=True)
class Status:
    """The status of all connections and indices.

    Args:
        connections: the connections, in the order of ``ES_SERVERS``.
        indices: the declared indices by name, then the others.
        running: the running and queued operations, the newest first.
        disks: alias of a connection -> the disks of its cluster, if known.
        backlog: the changes that wait for all these indices together.
    """

    connections: tuple[ConnectionHealth, ...]
    indices: tuple[IndexStatus, ...]
    running: tuple[OperationStatus, ...] = ()
    disks: Mapping[str, Disk] = field(default_factory=dict)
    backlog: Backlog = field(default_factory=Backlog)
    read: datetime | None = None
    """When the first of the connections was asked."""

    @property
    def needs_attention(self) -> bool:
        """Whether a connection is down, changes wait without a worker, or there is a problem."""
        return (
            bool(self.backlog.problems)
            or any(not health.available for health in self.connections)
            or any(index.problems for index in self.indices)
        )


def get_status(
    names: Iterable[str] = (),
    connection: str | None = None,
    *,
    unmanaged: bool = True,
    exact: bool = True,
    timeout: float | None = None,
    shared: bool = False,
) -> Status:
    """Return the status of connections and indices, including those that do not answer.

    Args:
        names: only these declared indices.
        connection: only this connection.
        unmanaged: whether to list undeclared indices, too, if no names are given.
        exact: whether to count the rows of each index, which may take long. Otherwise the last
            count or an estimate is used, with a fixed number of queries.
        timeout: the time limit of each connection in seconds, all in parallel; ``PAGE_TIMEOUT`` if
            omitted.
        shared: whether to use recent answers that are shared between processes, and the last answer
            of a connection that does not answer.

    Raises:
        IndexNotDeclared: one of the names is not declared.
        ConnectionDoesNotExist: there is no such connection.
    """
    wanted = list(names)
    definitions = select_definitions(wanted, connection)
    backends = _backends(definitions if wanted else None, connection)
    seconds = timeout or get_options().page_timeout
    unmanaged = unmanaged and not wanted
    others = None if unmanaged else frozenset[str]()
    if shared:
        taken = look(backends, seconds, complete=unmanaged)
        answers = {alias: snapshot.answer for alias, snapshot in taken.items()}
        read = min((snapshot.taken for snapshot in taken.values()), default=None)
    else:
        every = for_each(backends, lambda backend: ask(backend, definitions, seconds, others))
        answers = {answer.health.details.alias: answer for answer in every}
        read = timezone.now()
    figures = read_figures(definitions)
    indices = [
        index_status(d, answers[d.connection.alias], figures, exact=exact) for d in definitions
    ]
    if unmanaged:
        for backend in backends:
            indices += _unmanaged(backend, answers[backend.alias])
    healths = tuple(answer.health for answer in answers.values())
    outboxes = [(index.connection, index.outbox) for index in indices]
    return Status(
        healths,
        tuple(indices),
        running=figures.running,
        disks={alias: answer.disk for alias, answer in answers.items() if answer.disk},
        backlog=sum_up(outboxes, healths, figures.workers, figures.silent),
        read=read,
    )


def _backends(definitions: list[IndexDefinition] | None, connection: str | None) -> list[Base]:
    if definitions is not None:
        return list({d.connection.alias: d.connection for d in definitions}.values())
    return [connections[alias] for alias in connections if connection in (None, alias)]


def index_status(
    definition: IndexDefinition, answer: ClusterAnswer, figures: Figures, *, exact: bool
) -> IndexStatus:
    """Return the status of one declared index.

    Args:
        exact: whether to count its rows.
    """
    holders = answer.live.holders(definition.alias)
    index = holders[0] if holders else None
    known = answer.health.available
    documents = answer.documents.get(index.name) if index else None
    # The last known number of documents cannot be compared with the current rows.
    rows = figures.rows(definition, documents if known else None, exact=exact)
    running = figures.running_on(definition)
    sound = known and answer.live.is_sound(definition.alias)
    prunable = figures.prunable(definition, [holder.name for holder in holders], sound=sound)
    outbox, generations = figures.outbox(definition), figures.generations(definition)
    former = find_former(definition, answer.live, generations) if known else None
    differences = (
        compare_mappings(definition.mappings, answer.mappings[index.name])
        if index and definition.document and index.name in answer.mappings
        else ()
    )
    return IndexStatus(
        name=definition.name,
        alias=definition.alias,
        connection=definition.connection.alias,
        declared=True,
        model=definition.model_label,
        generations=tuple(holder.name for holder in holders),
        aliases=tuple(a for a in index.aliases if a != definition.alias) if index else (),
        health=index.health if index else "",
        open=index.open if index else True,
        documents=documents,
        counted=rows,
        size=index.size if index else None,
        created=index.created if index else None,
        differences=differences,
        outbox=outbox,
        problems=problems_without_database(definition, tuple(holders))
        if known and not figures.knows(definition)
        else find_problems(
            definition,
            holders=tuple(holders),
            physical=definition.alias in answer.live.by_name,
            drift=rows.drift(documents),
            differences=len(differences),
            outbox=outbox,
            generations=generations,
            behind=figures.generations_behind(definition),
            existing=answer.live.by_name.keys(),
            unwritable=[index.name for index in answer.live.by_name.values() if not index.writable],
            ownership=Ownership(
                {name: owner_in(each) for name, each in answer.mappings.items()},
                figures.owners.get(definition.database, ""),
            ),
            former=former,
            documents=answer.documents.get(former.name) if former else None,
            rows=rows.number,
            rebuilding=next(
                (each.row for each in running if each.is_rebuild and not each.unattended), None
            ),
            unattended=next((each.row for each in running if each.unattended), None),
            triggers=figures.triggers_of(definition),
            blocked=figures.blocked.get((definition.using, definition.name), ""),
            registered=_registered(definition, answer.live, generations),
            synonyms=()
            if figures.synonyms is None
            else find_behind(definition, index, figures.synonyms, answer.synonyms),
        )
        if known
        else problems_of_outbox(outbox),
        operation=figures.operation(definition),
        verification=figures.verification(definition),
        former=former,
        standby=next(
            (
                g.name
                for g in generations
                if g.role == Generation.Role.STANDBY and g.name in answer.live.by_name
            ),
            "",
        ),
        sound=sound,
        prunable=len(prunable),
        prunable_size=sum(
            answer.live.by_name[n].size or 0 for n in prunable if n in answer.live.by_name
        )
        if prunable
        else None,
        running=running,
        known=known,
        database_known=figures.knows(definition),
        told=answer.told,
    )


def _registered(
    definition: IndexDefinition, live: LiveIndices, generations: Iterable[Generation]
) -> tuple[LiveIndex, ...]:
    """Return the physical indices of a declared one: with its alias, with its name, registered."""
    names = {definition.alias, *(generation.name for generation in generations)}
    return tuple(
        index
        for index in live.by_name.values()
        if index.name in names or definition.alias in index.aliases
    )


def _unmanaged(backend: Base, answer: ClusterAnswer) -> list[IndexStatus]:
    # Another connection to the same cluster may declare the index.
    aliases = frozenset(d.alias for d in get_definitions() if backend.shares_cluster(d.connection))
    return [
        unmanaged_status(backend.alias, index, answer)
        for index in answer.live.by_name.values()
        if not belongs(index, aliases)
    ]


def unmanaged_status(connection: str, index: LiveIndex, answer: ClusterAnswer) -> IndexStatus:
    """Return the status of an index that the project does not declare."""
    return IndexStatus(
        name=index.name,
        alias=index.name,
        connection=connection,
        declared=False,
        generations=(index.name,),
        aliases=tuple(index.aliases),
        health=index.health,
        open=index.open,
        hidden=index.hidden,
        documents=answer.documents.get(index.name),
        size=index.size,
        created=index.created,
        problems=tuple(problems_of_blocks([index], searched=(), written=())),
        known=answer.health.available,
        told=answer.told,
    )
