"""Operations that one process asks for and another one does."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

from django.db.models import QuerySet

from ..exceptions import IndexMissing, OperationCancelled, OperationRefused
from ..incidents import tell
from ..indices.definition import IndexDefinition, get_definition
from ..models import Generation, Operation
from ..operations.authority import is_still_allowed
from ..operations.ending import give_up
from ..operations.patience import outlast
from ..operations.recording import enqueue
from ..said import together
from .aliases.swap_plan import SwapPlan, plan_swap
from .build.load import Hire, help_load
from .build.processes import hire_processes
from .complete import CompletePlan, complete, plan_complete
from .drain_now import DrainPlan, drain_now, plan_drain
from .generations.table import generations_of
from .rebuild import rebuild
from .rebuild_plan import RebuildPlan, plan_rebuild
from .swap import SECONDS_FOR_SHARDS, swap_alias
from .verify.plan import VerifyPlan, plan_verify
from .verify.verify import describe_plan, verify


def queue_rebuild(plan: RebuildPlan) -> Operation:
    """Make the record of a rebuild that a background task is to do.

    Raises:
        OperationRefused: the plan has refusals, or another rebuild is running.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    details = {
        "source": plan.source,
        "swap": plan.swap,
        "wait": plan.wait,
        "workers": plan.workers,
        "rate": plan.rate,
        "foreign": plan.foreign,
        "judge": plan.judge,
        "block": plan.block,
    }
    return enqueue(plan.definition, Operation.Kind.REBUILD, details=details)


def queue_swap(plan: SwapPlan) -> Operation:
    """Make the record of a swap that a background task is to do, as it compares all ids first.

    Raises:
        OperationRefused: the plan has refusals.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    details = {"source": plan.source, "target": plan.target}
    return enqueue(plan.definition, Operation.Kind.SWAP, details=details)


def queue_drain(plan: DrainPlan) -> Operation:
    """Make the record of a drain that a background task is to do, as it takes too long to wait for.

    Raises:
        OperationRefused: the plan has refusals.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    details = {"again": bool(plan.parked)}
    return enqueue(plan.definition, Operation.Kind.DRAIN, details=details)


def queue_complete(plan: CompletePlan) -> Operation:
    """Make the record of a comparison that a background task is to do, as it reads all keys.

    Raises:
        OperationRefused: the plan has refusals.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    return enqueue(plan.definition, Operation.Kind.REINDEX)


def queue_verify(plan: VerifyPlan) -> Operation:
    """Make the record of a comparison that a background task is to do, as it reads everything.

    Raises:
        OperationRefused: the plan has refusals.
    """
    plan.require()
    return enqueue(plan.definition, Operation.Kind.VERIFY, details=describe_plan(plan))


def help_rebuild(index: str, connection: str, generation: str, rate: float | None) -> None:
    """Load ranges of a rebuild that another process does, until there is none to claim.

    Nothing, if it has ended meanwhile, or if this process runs other code than that one.

    Args:
        index: its name.
        connection: alias of its connection.
        generation: the one that is being built.
        rate: at most so many objects a second.

    Raises:
        ElasticsearchAdminError: a request failed as a whole; the other workers continue.
    """
    definition = get_definition(index, connection)
    building = generations_of(definition).filter(
        name=generation, role=Generation.Role.BUILDING, digest=definition.digest
    )
    found = building.first()
    if found is None:
        return
    # It may end, or be resumed by another process, while this one works.
    with suppress(IndexMissing):
        outlast(partial(help_load, definition, found, lambda: None, rate=rate))


def do_queued(using: str, key: int, hire: Hire = hire_processes) -> str:
    """Do the requested operation; return the generation, "" if there is none or it was cancelled.

    Args:
        using: alias of the database that its record is stored in.
        key: primary key of the record.
        hire: lets other processes load ranges of a rebuild with several workers.

    Raises:
        ElasticsearchAdminError: as of the function that does it.
    """
    row = _queued(using, key).first()
    if row is None:
        return ""
    try:
        return _do(row, hire)
    except OperationCancelled:
        return ""
    except Exception as error:
        # What fails before it begins is not on its record yet.
        give_up(using, key, tell(error, f"The operation {key}"))
        raise


def _do(row: Operation, hire: Hire) -> str:
    if not is_still_allowed(row):
        raise OperationRefused(
            f"{row.who} requested this operation, but no longer has the right to do it."
        )
    if row.kind == Operation.Kind.REBUILD:
        return _rebuild(get_definition(row.index, row.connection), row, hire)
    do = _QUEUED.get(Operation.Kind(row.kind))
    if do is None:
        raise OperationRefused(f"An operation of the kind {row.kind} is not done in a task.")
    return do(get_definition(row.index, row.connection), row)


def _rebuild(definition: IndexDefinition, row: Operation, hire: Hire) -> str:
    told = row.details
    plan = plan_rebuild(
        definition,
        queued=row,
        swap=told.get("swap", True),
        wait=told.get("wait", SECONDS_FOR_SHARDS),
        workers=told.get("workers", 1),
        rate=told.get("rate"),
        foreign=told.get("foreign", False),
        judge=told.get("judge"),
        block=told.get("block", False),
    )
    return rebuild(plan, queued=row, hire=hire).generation


def _drain(definition: IndexDefinition, row: Operation) -> str:
    again = bool(row.details.get("again"))
    drain_now(plan_drain(definition, again=again), queued=row)
    return ""


def _complete(definition: IndexDefinition, row: Operation) -> str:
    complete(plan_complete(definition), queued=row)
    return ""


def _verify(definition: IndexDefinition, row: Operation) -> str:
    told = row.details
    plan = plan_verify(
        definition,
        ids=told["ids"],
        repair=told["repair"],
        sample=told["sample"],
        since=datetime.fromisoformat(told["since"]) if told["since"] else None,
        rate=told["rate"],
    )
    return verify(plan, queued=row).generation


def _swap(definition: IndexDefinition, row: Operation) -> str:
    plan = plan_swap(definition, row.details["target"])
    if plan.source != row.details["source"]:
        raise OperationRefused(
            f"The alias {definition.alias} moved from {row.details['source'] or 'nowhere'} to "
            f"{plan.source or 'nowhere'} before the swap began: plan it again."
        )
    return swap_alias(plan, queued=row).target


Do = Callable[[IndexDefinition, Operation], str]
"""Does a queued operation; returns the generation, "" if there is none."""

_QUEUED: dict[Operation.Kind, Do] = {
    Operation.Kind.SWAP: _swap,
    Operation.Kind.DRAIN: _drain,
    Operation.Kind.REINDEX: _complete,
    Operation.Kind.VERIFY: _verify,
}


def let_do(kind: Operation.Kind, do: Do) -> None:
    """Let a function of a package below this one do the queued operations of a kind."""
    _QUEUED[kind] = do


def _queued(using: str, key: int) -> QuerySet[Operation]:
    return Operation.objects.using(using).filter(pk=key, state=Operation.State.QUEUED)
