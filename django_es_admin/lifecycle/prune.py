"""Delete generations that nobody needs any more."""

from dataclasses import dataclass
from datetime import timedelta

from ..backends.errors import translated
from ..backends.transport.deadline import Deadline
from ..clock import database_now
from ..conf import get_options
from ..exceptions import OperationRefused
from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndices, read_indices
from ..indices.names import is_generation_name
from ..models import Generation, Operation
from ..operations.progress import Progress
from ..operations.recording import recording
from ..operations.refusals import find_readonly_refusals
from ..operations.running import running_rebuild
from .generations.table import generations_of

_Role = Generation.Role


@dataclass(frozen=True)
class PrunePlan:
    """What ``prune`` will do.

    Args:
        doomed: generations to delete, failed builds and retired ones, the newest first.
        early: retired ones that somebody may be writing to still; deleted by a later prune.
        unknown: physical indices that look like generations and are in no table: they may belong
            to another project, and are left alone.
        refusals: why it cannot be done, empty if it can.
    """

    definition: IndexDefinition
    doomed: tuple[str, ...]
    early: tuple[str, ...]
    unknown: tuple[str, ...]
    refusals: tuple[str, ...]


@dataclass(frozen=True)
class PruneResult:
    """What ``prune`` deleted."""

    index: str
    deleted: tuple[str, ...]


def plan_prune(definition: IndexDefinition, *, keep: int = 0, builds: bool = False) -> PrunePlan:
    """Return the plan of :func:`prune`.

    Live and standby generations are never pruned, and no build that goes on.

    Args:
        keep: how many of the newest to keep nevertheless.
        builds: also prune builds that wait for their swap, or were stopped at the gate.

    Raises:
        ElasticsearchAdminError: Elasticsearch cannot be asked.
    """
    live = read_indices(definition.connection, Deadline(get_options().operation_timeout))
    running = running_rebuild(definition)
    busy = running.generation if running else ""
    roles = {_Role.RETIRED, _Role.FAILED, *((_Role.BUILDING,) if builds else ())}
    rows = [
        row
        for row in generations_of(definition).filter(role__in=roles)
        if row.name != busy and not _is_live(definition, live, row.name)
    ]
    late = database_now(definition.database) - timedelta(seconds=get_options().delete_again_after)
    early = [row.name for row in rows if row.retired_at and row.retired_at > late]
    ready = [row.name for row in rows if row.name not in early]
    known = set(generations_of(definition).values_list("name", flat=True))
    return PrunePlan(
        definition=definition,
        doomed=tuple(ready[keep:]),
        early=tuple(early),
        unknown=tuple(
            name
            for name in live.by_name
            if is_generation_name(definition.alias, name)
            and name not in known
            and not _is_live(definition, live, name)
        ),
        refusals=tuple(find_readonly_refusals(definition)),
    )


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
        raise OperationRefused(" ".join(plan.refusals))
    definition = plan.definition
    with recording(definition, Operation.Kind.PRUNE) as record:
        record.tell(Progress(definition.name, "delete", 0, len(plan.doomed)))
        # Somebody may have swapped to one of them since.
        now = plan_prune(definition, builds=True)
        doomed = [name for name in plan.doomed if name in now.doomed]
        rows = generations_of(definition).filter(name__in=doomed)
        # First of all: a write to a generation that is gone would be an error each time.
        rows.filter(role=_Role.BUILDING).update(
            role=_Role.FAILED, error="It was marked for pruning."
        )
        if doomed:
            with translated(definition.connection):
                client = definition.connection.client.options(
                    request_timeout=get_options().operation_timeout
                )
                client.indices.delete(index=doomed, ignore_unavailable=True)
            # What could not be deleted is still known, and pruned the next time.
            rows.delete()
        record.operation.details |= {"deleted": doomed}
    return PruneResult(definition.name, tuple(doomed))
