"""Build a new generation of an index and make it live. Each step has its own module."""

from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial

from django.db import Error

from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..exceptions import (
    ElasticsearchAdminError,
    GateClosed,
    LoadFailed,
    OperationRefused,
    OperationTakenOver,
)
from ..faults import close_broken
from ..indices.live import read_mappings
from ..models import Generation, Operation
from ..operations.patience import (
    DatabasePatience,
    is_cluster_away,
    is_database_outage,
    outlast,
    patiently,
)
from ..operations.progress import OnProgress, Progress, ignore
from ..operations.recording import Record, recording
from ..said import together
from ..status.counts import remember_rows
from .aliases.swap_plan import SwapPlan, plan_swap
from .build.blocking import lift_blocks, writes_blocked
from .build.catch_up import CaughtUp, catch_up
from .build.copying import copy, pass_copy
from .build.gate import GateResult, pass_gate
from .build.judged import Judged, the_judge
from .build.load import Hire, LoadResult, load
from .build.processes import hire_processes
from .build.takeover import (
    RESUMABLE,
    give_up_builds,
    take_over,
)
from .generations.adopt import adopt
from .generations.create import create_generation
from .generations.settle import settle
from .generations.table import generations_of, mark_failed, mark_loaded
from .rebuild_plan import RebuildPlan
from .swap import SwapResult, carry_out


@dataclass(frozen=True)
class RebuildResult:
    """The result of ``rebuild``.

    Args:
        generation: the new generation.
        swap: the result of the swap; None if no swap was requested.
        judged: the result of the judged searches; None if nothing was judged.
    """

    index: str
    generation: str
    load: LoadResult
    drain: CaughtUp
    gate: GateResult
    swap: SwapResult | None
    judged: Judged | None = None


def rebuild(
    plan: RebuildPlan,
    on_progress: OnProgress = ignore,
    *,
    queued: Operation | None = None,
    hire: Hire = hire_processes,
) -> RebuildResult:
    """Create a generation, load it, drain, compare, and swap the alias. Keep the old generation.

    A build that is stopped at the gate or at the swap still gets changes, until ``es_swap_alias``
    or ``es_prune``. So does a build whose database or Elasticsearch did not answer for longer than
    ``OPERATION_PATIENCE``: the next rebuild resumes it. After any other error, the generation is
    marked as failed.

    Args:
        queued: the record of the operation, if it was queued.
        hire: starts other processes that load ranges, if the plan has several workers.

    Raises:
        OperationRefused: the plan of the rebuild or of the swap has refusals.
        LoadFailed: some documents could not be indexed; the old generation stays live.
        GateClosed: the new generation does not pass the gate; the old one stays live.
        SearchesWorse: judged searches have worse results; the old generation stays live.
        ElasticsearchAdminError: a request failed; the old generation stays live.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    definition = plan.definition
    with (
        recording(
            definition,
            Operation.Kind.REBUILD,
            on_progress=on_progress,
            details={
                "source": plan.source,
                "swap": plan.swap,
                "workers": plan.workers,
                "judge": plan.judge,
            },
            queued=queued,
        ) as record,
        _holding_writes(plan, record),
    ):
        record.tell(Progress(definition.name, "create"))
        # The live generation may have been created elsewhere. From now on it gets changes, too.
        outlast(partial(adopt, definition, foreign=plan.foreign))
        found = outlast(partial(take_over, definition, plan.resumes))
        generation = found or _create(plan)
        record.name(generation.name)
        outlast(partial(give_up_builds, definition, generation))
        try:
            result = (_copy if plan.copies else _build)(plan, generation, record, hire)
        except (LoadFailed, GateClosed, OperationRefused, OperationTakenOver) as error:
            # The build still gets changes: it may be corrected, or another process may resume it.
            if plan.copies and not isinstance(error, OperationTakenOver):
                # A copy that stopped gets no changes.
                outlast(partial(mark_failed, generation, str(error)))
            raise
        except BaseException as error:
            if is_database_outage(error) or is_cluster_away(error):
                # The next rebuild loads only the missing ranges, as after a kill.
                record.operation.details[RESUMABLE] = True
                raise
            if isinstance(error, ElasticsearchAdminError):
                outlast(partial(mark_failed, generation, str(error)))
                raise
            # Also after Ctrl-C: a build that no process works on must not look like a running one.
            close_broken()
            with suppress(Error):
                mark_failed(generation, f"interrupted ({type(error).__name__})")
            raise
        # From here on the generation may be live, so it is never marked as failed.
        if plan.swap:
            result = replace(result, swap=_make_live(plan, generation, record))
            gate = result.gate
            outlast(partial(remember_rows, definition, gate.rows, gate.documents))
        return result


def _build(plan: RebuildPlan, generation: Generation, record: Record, hire: Hire) -> RebuildResult:
    definition = plan.definition
    # After a deadlock, a time-out or a failover, each step can be repeated.
    patience = DatabasePatience()

    def tell(progress: Progress) -> None:
        before = record.recorded
        record.tell(progress)
        if record.recorded != before:
            patience.renew()

    def settle_patiently() -> None:
        tell(Progress(definition.name, "settle"))
        patiently(
            partial(settle, definition, generation.name),
            lambda: tell(Progress(definition.name, "settle")),
        )

    loading = partial(load, workers=plan.workers, rate=plan.rate, hire=hire)
    loaded = patience(partial(loading, definition, generation, tell))
    drained = patience(partial(catch_up, definition, generation, tell))
    patience(settle_patiently)
    gate = patience(partial(pass_gate, definition, generation, tell, wait=plan.wait))
    record.operation.details |= {"rows": gate.rows, "documents": gate.documents}
    judged = None
    if plan.judge is not None:
        asking = partial(the_judge().judge, definition, generation.name)
        at_the_gate = Progress(definition.name, "gate")
        judged = patience(partial(patiently, asking, partial(tell, at_the_gate)))
        record.operation.details["judged"] = asdict(judged)
        judged.require(definition, plan.judge)
    return RebuildResult(definition.name, generation.name, loaded, drained, gate, None, judged)


def _holding_writes(plan: RebuildPlan, record: Record) -> AbstractContextManager[None]:
    if not plan.copies:
        return nullcontext()
    lift_blocks(plan.definition, kept=plan.source or "" if plan.block else "")
    if not (plan.block and plan.source):
        return nullcontext()
    return writes_blocked(plan.definition, plan.source, record)


def _create(plan: RebuildPlan) -> Generation:
    definition = plan.definition
    if not (plan.copies and plan.source):
        return create_generation(definition)
    deadline = Deadline(get_options().operation_timeout)
    # There is no declared mapping, so the project's own or dynamic mapping is kept.
    mappings = read_mappings(definition.connection, [plan.source], deadline)
    return create_generation(definition, mappings[plan.source])


def _copy(plan: RebuildPlan, generation: Generation, record: Record, hire: Hire) -> RebuildResult:
    """Let Elasticsearch copy the live generation, which replaces ``_build`` without a document."""
    definition, tell, source = plan.definition, record.tell, plan.source
    assert source is not None  # noqa: S101 (a plan without one is refused)
    copied = copy(definition, generation, source, record, tell, slices=plan.workers, rate=plan.rate)
    tell(Progress(definition.name, "settle"))
    patiently(
        partial(settle, definition, generation.name),
        lambda: tell(Progress(definition.name, "settle")),
    )
    gate = pass_copy(
        definition, generation, copied, tell, source=source, blocked=plan.block, wait=plan.wait
    )
    record.operation.details |= {"rows": gate.rows, "documents": gate.documents}
    # An index that the project fills by itself was never loaded, but is complete: it can be kept
    # for a rollback.
    for unloaded in generations_of(definition).filter(name=source, loaded_at=None):
        mark_loaded(unloaded)
    drained = CaughtUp(0, 0)
    return RebuildResult(definition.name, generation.name, copied, drained, gate, swap=None)


def _make_live(plan: RebuildPlan, generation: Generation, record: Record) -> SwapResult:
    definition, tell = plan.definition, record.tell
    tell(Progress(definition.name, "swap"))
    # The gate has compared the new generation with the database, so the live one may be wrong.

    def plan_patiently() -> SwapPlan:
        return patiently(
            partial(plan_swap, definition, generation.name, min_ratio=0, own=record.operation),
            lambda: tell(Progress(definition.name, "swap")),
        )

    swap = outlast(plan_patiently)
    if swap.source != plan.source:
        raise OperationRefused(
            f"The alias {definition.alias} moved from {plan.source or 'nowhere'} to "
            f"{swap.source or 'nowhere'} while {generation.name} was built: find out who moved "
            f"it, then run `manage.py es_swap_alias {definition.name} --to {generation.name}`."
        )
    return carry_out(replace(swap, gated=False), tell)
