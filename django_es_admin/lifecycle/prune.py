"""Delete generations that are no longer needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from ..backends.errors import translated
from ..backends.transport.deadline import Deadline
from ..clock import database_now
from ..conf import get_options
from ..exceptions import OperationRefused
from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndices, count_documents, read_indices
from ..indices.names import is_generation_name
from ..models import Generation, Operation
from ..operations.patience import outlast
from ..operations.progress import Progress
from ..operations.recording import recording
from ..operations.refusals import find_block_refusals, find_readonly_refusals
from ..operations.running import running_rebuild
from ..said import together
from .generations.owner import find_owner_refusals
from .generations.table import generations_of

_Role = Generation.Role


@dataclass(frozen=True)
class Doomed:
    """One generation that will be deleted.

    Args:
        role: the role in the table of generations.
        documents: the number of documents; None if they cannot be counted, or the index no longer
            exists.
        size: the size of its primary shards in bytes; None if unknown.
        error: why the build failed; "" if it did not.
    """

    role: str
    documents: int | None
    size: int | None
    error: str = ""


@dataclass(frozen=True)
class PrunePlan:
    """The plan of ``prune``.

    Args:
        doomed: the generations to delete, failed or retired, the newest first.
        early: retired generations that a process may still write to; a later prune deletes them.
        unknown: physical indices that look like generations, but are not in the table. They may
            belong to another project, and are kept.
        refusals: why the operation cannot be done; empty if it can.
        found: the details of each generation to delete.
        builds: builds that no process works on, which are kept unless requested.
    """

    definition: IndexDefinition
    doomed: tuple[str, ...]
    early: tuple[str, ...]
    unknown: tuple[str, ...]
    refusals: tuple[str, ...]
    found: Mapping[str, Doomed] = field(default_factory=dict)
    builds: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    """Generations that are kept as the last copies, because the live index is missing or broken."""
    blocked: tuple[str, ...] = ()
    """Why Elasticsearch would refuse to delete some, a sentence each. They are kept."""

    @property
    def size(self) -> int:
        """The size in bytes that is freed, as far as known, without replicas."""
        return sum(one.size or 0 for one in self.found.values())

    @property
    def documents(self) -> int:
        """The number of documents that are deleted, as far as known."""
        return sum(one.documents or 0 for one in self.found.values())


@dataclass(frozen=True)
class PruneResult:
    """The generations that ``prune`` deleted."""

    index: str
    deleted: tuple[str, ...]


def plan_prune(definition: IndexDefinition, *, keep: int = 0, builds: bool = False) -> PrunePlan:
    """Return the plan of :func:`prune`.

    Live and standby generations and running builds are never pruned.

    Args:
        keep: how many of the newest to keep in any case.
        builds: also prune builds that wait for their swap, or were stopped at the gate.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    deadline = Deadline(get_options().operation_timeout)
    live = read_indices(definition.connection, deadline)
    running = running_rebuild(definition)
    busy = running.generation if running else ""
    roles = {_Role.RETIRED, _Role.FAILED, *((_Role.BUILDING,) if builds else ())}
    idle = [
        row
        for row in generations_of(definition)
        if row.name != busy and not _is_live(definition, live, row.name)
    ]
    sound = live.is_sound(definition.alias)
    # If the live index is broken, any generation that was once complete may be the last copy.
    rows = [row for row in idle if row.role in roles and (sound or row.role == _Role.FAILED)]
    last = [row.name for row in idle if row.role in roles and row not in rows]
    late = database_now(definition.database) - timedelta(seconds=get_options().delete_again_after)
    early = [row.name for row in rows if row.retired_at and row.retired_at > late]
    # One of them would make Elasticsearch refuse to delete the others, too.
    free = [row.name for row in rows if not _is_blocked(live, row.name)]
    ready = [name for name in free if name not in early]
    known = set(generations_of(definition).values_list("name", flat=True))
    doomed = ready[keep:]
    kept = [row.name for row in idle if row.role == _Role.BUILDING and not builds]
    return PrunePlan(
        definition=definition,
        doomed=tuple(doomed),
        early=tuple(early),
        last=tuple(name for name in last if name in live.by_name),
        blocked=tuple(find_block_refusals(live, [row.name for row in rows], "change")),
        unknown=tuple(
            name
            for name in live.by_name
            if is_generation_name(definition.alias, name)
            and name not in known
            and not _is_live(definition, live, name)
        ),
        refusals=(
            *find_readonly_refusals(definition),
            *find_owner_refusals(
                definition, [name for name in doomed if name in live.by_name], deadline
            ),
        ),
        found=_found(definition, [row for row in rows if row.name in doomed], live, deadline),
        builds=tuple(name for name in kept if name in live.by_name and not running),
    )


def _found(
    definition: IndexDefinition,
    rows: list[Generation],
    live: LiveIndices,
    deadline: Deadline,
) -> dict[str, Doomed]:
    there = [row.name for row in rows if row.name in live.by_name]
    counts = count_documents(definition.connection, there, deadline)
    return {
        row.name: Doomed(
            role=row.role,
            documents=counts.get(row.name),
            size=live.by_name[row.name].size if row.name in live.by_name else None,
            error=row.error if row.role == _Role.FAILED else "",
        )
        for row in rows
    }


def _is_blocked(live: LiveIndices, name: str) -> bool:
    return bool(find_block_refusals(live, [name], "change"))


def _is_live(definition: IndexDefinition, live: LiveIndices, name: str) -> bool:
    """Return whether a generation is searched, whatever its role in the table."""
    return name in live.by_name and definition.alias in live.by_name[name].aliases


def prune(plan: PrunePlan) -> PruneResult:
    """Delete the generations of the plan, if they are still not needed.

    Raises:
        OperationRefused: the plan has refusals.
        ElasticsearchAdminError: a request failed.
    """
    if not plan.doomed:
        return PruneResult(plan.definition.name, ())
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    definition = plan.definition
    with recording(definition, Operation.Kind.PRUNE) as record:
        record.tell(Progress(definition.name, "delete", 0, len(plan.doomed)))
        # Somebody may have swapped to one of them in the meantime.
        now = outlast(partial(plan_prune, definition, builds=True))
        doomed = [name for name in plan.doomed if name in now.doomed]
        rows = generations_of(definition).filter(name__in=doomed)
        # Done first, because each write to a deleted generation would be an error.
        builds = rows.filter(role=_Role.BUILDING)
        outlast(partial(builds.fail, "It was marked for pruning."))
        if doomed:
            with translated(definition.connection):
                client = definition.connection.client.options(
                    request_timeout=get_options().operation_timeout
                )
                client.indices.delete(index=doomed, ignore_unavailable=True)
            # Generations that could not be deleted are still in the table, and pruned the next
            # time.
            outlast(rows.delete)
        record.operation.details |= {"deleted": doomed}
    return PruneResult(definition.name, tuple(doomed))
