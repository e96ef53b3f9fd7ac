"""Operations that one process requests and another one does."""

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
    """Create the record of a rebuild for a background task.

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
    """Create the record of a swap for a background task, because the swap compares all ids first.

    Raises:
        OperationRefused: the plan has refusals.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    details = {"source": plan.source, "target": plan.target}
    return enqueue(plan.definition, Operation.Kind.SWAP, details=details)


def queue_drain(plan: DrainPlan) -> Operation:
    """Create the record of a drain for a background task, because it may take minutes.

    Raises:
        OperationRefused: the plan has refusals.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    details = {"again": bool(plan.parked)}
    return enqueue(plan.definition, Operation.Kind.DRAIN, details=details)


def queue_complete(plan: CompletePlan) -> Operation:
    """Create the record of a comparison of keys for a background task.

    Raises:
        OperationRefused: the plan has refusals.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    return enqueue(plan.definition, Operation.Kind.REINDEX)


def queue_verify(plan: VerifyPlan) -> Operation:
    """Create the record of a comparison of documents for a background task.

    Raises:
        OperationRefused: the plan has refusals.
    """
    plan.require()
    return enqueue(plan.definition, Operation.Kind.VERIFY, details=describe_plan(plan))


def help_rebuild(index: str, connection: str, generation: str, rate: float | None) -> None:
    """Load ranges of a rebuild that another process does, until there is none left to claim.

    Do nothing if the rebuild has ended, or if this process runs different code.

    Args:
        index: the name of the index.
        connection: the alias of its connection.
        generation: the generation that is being built.
        rate: the maximum number of objects per second.

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
    # The rebuild may end, or be resumed by another process, while this process works.
    with suppress(IndexMissing):
        outlast(partial(help_load, definition, found, lambda: None, rate=rate))


def do_queued(using: str, key: int, hire: Hire = hire_processes) -> str:
    """Do a queued operation; return its generation, or "" if it has none or was cancelled.

    Args:
        using: alias of the database that stores the record.
        key: the primary key of the record.
        hire: starts other processes that load ranges, for a rebuild with several workers.

    Raises:
        ElasticsearchAdminError: see the function that does the operation.
    """
    row = _queued(using, key).first()
    if row is None:
        return ""
    try:
        return _do(row, hire)
    except OperationCancelled:
        return ""
    except Exception as error:
        # An error before the start is not yet in the record.
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
"""Does a queued operation; returns its generation, or "" if it has none."""

_QUEUED: dict[Operation.Kind, Do] = {
    Operation.Kind.SWAP: _swap,
    Operation.Kind.DRAIN: _drain,
    Operation.Kind.REINDEX: _complete,
    Operation.Kind.VERIFY: _verify,
}


def let_do(kind: Operation.Kind, do: Do) -> None:
    """Register the function that does queued operations of a kind, for a package below this one."""
    _QUEUED[kind] = do


def _queued(using: str, key: int) -> QuerySet[Operation]:
    return Operation.objects.using(using).filter(pk=key, state=Operation.State.QUEUED)
