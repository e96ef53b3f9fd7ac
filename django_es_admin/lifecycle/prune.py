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
from ..operations.refusals import find_readonly_refusals
from ..operations.running import running_rebuild
from ..said import together
from .generations.owner import find_owner_refusals
from .generations.table import generations_of

_Role = Generation.Role


@dataclass(frozen=True)
class Doomed:
    """What goes with one generation.

    Args:
        role: as in the table of generations.
        documents: in it; None where they cannot be counted, or it is gone already.
        size: bytes of its primary shards; None where that is not known.
        error: why its build failed; "" if it did not.
    """

    role: str
    documents: int | None
    size: int | None
    error: str = ""


@dataclass(frozen=True)
class PrunePlan:
    """What ``prune`` will do.

    Args:
        doomed: generations to delete, failed builds and retired ones, the newest first.
        early: retired ones that somebody may be writing to still; deleted by a later prune.
        unknown: physical indices that look like generations and are in no table: they may belong
            to another project, and are left alone.
        refusals: why it cannot be done, empty if it can.
        found: what goes with each of those that are deleted.
        builds: builds that nobody works on, which are kept as nobody asked for more.
    """

    definition: IndexDefinition
    doomed: tuple[str, ...]
    early: tuple[str, ...]
    unknown: tuple[str, ...]
    refusals: tuple[str, ...]
    found: Mapping[str, Doomed] = field(default_factory=dict)
    builds: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    """Those that are kept as what is searched is gone, closed or not whole: the last copies."""

    @property
    def size(self) -> int:
        """Bytes that it frees, as far as they are known; replicas are not among them."""
        return sum(one.size or 0 for one in self.found.values())

    @property
    def documents(self) -> int:
        """Documents that go with it, as far as they are known."""
        return sum(one.documents or 0 for one in self.found.values())


@dataclass(frozen=True)
class PruneResult:
    """What ``prune`` deleted."""

    index: str
    deleted: tuple[str, ...]


def plan_prune(definition: IndexDefinition, *, keep: int = 0, builds: bool = False) -> PrunePlan:
    """Return the plan of :func:`prune`.

    Live and standby generations and running builds are never pruned.

    Args:
        keep: how many of the newest to keep nevertheless.
        builds: also prune builds that wait for their swap, or were stopped at the gate.

    Raises:
        ElasticsearchAdminError: Elasticsearch cannot be asked.
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
    # Where what is searched is broken, all but what never was complete may be the last copy.
    rows = [row for row in idle if row.role in roles and (sound or row.role == _Role.FAILED)]
    last = [row.name for row in idle if row.role in roles and row not in rows]
    late = database_now(definition.database) - timedelta(seconds=get_options().delete_again_after)
    early = [row.name for row in rows if row.retired_at and row.retired_at > late]
    ready = [row.name for row in rows if row.name not in early]
    known = set(generations_of(definition).values_list("name", flat=True))
    doomed = ready[keep:]
    kept = [row.name for row in idle if row.role == _Role.BUILDING and not builds]
    return PrunePlan(
        definition=definition,
        doomed=tuple(doomed),
        early=tuple(early),
        last=tuple(name for name in last if name in live.by_name),
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


def _is_live(definition: IndexDefinition, live: LiveIndices, name: str) -> bool:
    """Whether it is searched, whatever the table says."""
    return name in live.by_name and definition.alias in live.by_name[name].aliases


def prune(plan: PrunePlan) -> PruneResult:
    """Delete the generations of the plan that are still not needed.

    Raises:
        OperationRefused: the plan has refusals.
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    if not plan.doomed:
        return PruneResult(plan.definition.name, ())
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    definition = plan.definition
    with recording(definition, Operation.Kind.PRUNE) as record:
        record.tell(Progress(definition.name, "delete", 0, len(plan.doomed)))
        # Somebody may have swapped to one of them since.
        now = outlast(partial(plan_prune, definition, builds=True))
        doomed = [name for name in plan.doomed if name in now.doomed]
        rows = generations_of(definition).filter(name__in=doomed)
        # First of all: a write to a generation that is gone would be an error each time.
        builds = rows.filter(role=_Role.BUILDING)
        outlast(partial(builds.fail, "It was marked for pruning."))
        if doomed:
            with translated(definition.connection):
                client = definition.connection.client.options(
                    request_timeout=get_options().operation_timeout
                )
                client.indices.delete(index=doomed, ignore_unavailable=True)
            # What could not be deleted is still known, and pruned the next time.
            outlast(rows.delete)
        record.operation.details |= {"deleted": doomed}
    return PruneResult(definition.name, tuple(doomed))
