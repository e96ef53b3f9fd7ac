"""Build a new generation of an index and make it live: the sequence; each step has a module."""

import os
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial

from django.db import Error, connections
from django.utils.translation import gettext as _

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
from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndices, count_documents, read_indices, read_mappings
from ..indices.templates import find_template_warnings
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
from ..operations.refusals import find_refusals
from ..operations.running import explain_running, running_rebuild
from ..said import Said, together
from ..status.counts import remember_rows
from .aliases.alias_actions import foreign_aliases, kept_properties
from .aliases.swap_plan import SwapPlan, plan_swap
from .build.blocking import lift_blocks, writes_blocked
from .build.catch_up import CaughtUp, catch_up
from .build.copying import can_resume_copy, copy, find_left_block, pass_copy
from .build.gate import GateResult, pass_gate
from .build.judged import Judged, the_judge
from .build.load import Hire, LoadResult, count_about, load
from .build.processes import hire_processes
from .build.takeover import (
    RESUMABLE,
    dead_build_judges,
    find_dead_build,
    give_up_builds,
    take_over,
)
from .generations.adopt import adopt
from .generations.create import create_generation
from .generations.owner import find_owner_refusals
from .generations.settle import settle
from .generations.table import generations_of, mark_failed, mark_loaded
from .swap import SECONDS_FOR_SHARDS, SwapResult, carry_out

MOST_WORKERS = 4
"""Processes of one machine that load an index, if nobody says how many."""


@dataclass(frozen=True)
class RebuildPlan:
    """What ``rebuild`` will do.

    Args:
        source: the generation that is live now; None if there is none.
        concrete: whether that is a physical index of the alias's name, which is deleted at the
            swap, so that there is no rollback.
        resumes: the generation of a rebuild that was killed, and that is resumed; "" if none.
        rows: objects to load, about.
        swap: whether to make the new generation live.
        wait: seconds for its shards.
        refusals: why it cannot be done, empty if it can.
        warnings: what to know before it is done.
        foreign: whether to take over what another database owns.
        workers: how many processes load it.
        rate: at most so many objects a second, by all of them; None for as fast as it goes.
        judge: the lowest nDCG@10 of judged searches with which it may become live, and not below
            that of the live one, either; None to judge nothing.
        block: whether nobody may write to the live generation while it is copied, as is done for
            an index without a document.
    """

    definition: IndexDefinition
    source: str | None
    concrete: bool
    resumes: str
    rows: int
    swap: bool
    wait: float
    refusals: tuple[str, ...]
    warnings: tuple[str, ...]
    foreign: bool = False
    workers: int = 1
    rate: float | None = None
    judge: float | None = None
    block: bool = False

    @property
    def copies(self) -> bool:
        """Whether there is no document to load from, so that Elasticsearch copies what is live."""
        return self.definition.document is None


@dataclass(frozen=True)
class RebuildResult:
    """What ``rebuild`` did.

    Args:
        generation: the new one.
        swap: None where it was not to become live.
        judged: what judged searches find in it; None where nobody asked.
    """

    index: str
    generation: str
    load: LoadResult
    drain: CaughtUp
    gate: GateResult
    swap: SwapResult | None
    judged: Judged | None = None


def plan_rebuild(
    definition: IndexDefinition,
    *,
    swap: bool = True,
    wait: float = SECONDS_FOR_SHARDS,
    queued: Operation | None = None,
    foreign: bool = False,
    workers: int | None = None,
    rate: float | None = None,
    judge: float | None = None,
    block: bool = False,
) -> RebuildPlan:
    """Return the plan of :func:`rebuild`.

    Args:
        swap: False to keep the new generation beside the live one, until ``es_swap_alias``.
        wait: seconds that its shards may take.
        queued: the record of the operation that is planned, if it was made before.
        foreign: take over what another database owns.
        workers: how many processes load it; as many as pay on this machine if omitted.
        rate: at most so many objects a second.
        judge: the lowest nDCG@10 with which it may become live; None to judge nothing. A rebuild
            that is resumed judges as it was to.
        block: let nobody write to the live generation while it is copied.

    Raises:
        ElasticsearchAdminError: Elasticsearch cannot be asked.
    """
    deadline = Deadline(get_options().operation_timeout)
    live = read_indices(definition.connection, deadline)
    source = _source(definition, live)
    refusals = find_refusals(definition, live)
    dead = find_dead_build(definition)
    resumes = dead.name if dead and dead.name in live.by_name else ""
    if judge is None and dead and resumes:
        judge = dead_build_judges(definition, dead)
    if judge is not None and definition.document and (why := the_judge().find_refusal(definition)):
        refusals.append(why)
    elif judge is not None and definition.document is None:
        text = _("The index %(name)s has no document, so no judged search can be asked of it.")
        refusals.append(Said(text, {"name": definition.name}))
    copied = definition.document is None
    if copied:
        block = block or bool(find_left_block(definition, source))
        if not can_resume_copy(definition, resumes, source, block=block):
            resumes = ""
    if not foreign:
        names = [name for name in (source, resumes) if name]
        refusals += find_owner_refusals(definition, names, deadline, adopted=True)
    if copied and source is None:
        text = _(
            "The index %(name)s has no document to load it from, and nothing is live that "
            "could be copied: register a document, or create the index and fill it yourself."
        )
        refusals.append(Said(text, {"name": definition.name}))
    elif block and not copied:
        text = _(
            "--block-writes is for an index without a document. A rebuild of %(name)s loses "
            "no change."
        )
        refusals.append(Said(text, {"name": definition.name}))
    elif (running := running_rebuild(definition)) and running != queued:
        refusals.append(explain_running(running))
    return RebuildPlan(
        definition=definition,
        source=source,
        concrete=source == definition.alias,
        resumes=resumes,
        rows=_count_documents(definition, source, deadline) if copied else count_about(definition),
        swap=swap,
        wait=wait,
        refusals=tuple(refusals),
        warnings=(
            *_adoption_warnings(definition, source),
            *(_alias_warnings(definition, live) if swap else ()),
            *find_template_warnings(definition, live, deadline),
            *([] if block or not copied else [_explain_unblocked(definition)]),
        ),
        foreign=foreign,
        workers=workers or (1 if copied else default_workers(definition)),
        rate=rate,
        judge=judge,
        block=block,
    )


def _count_documents(definition: IndexDefinition, source: str | None, deadline: Deadline) -> int:
    if source is None:
        return 0
    return count_documents(definition.connection, [source], deadline)[source] or 0


def _explain_unblocked(definition: IndexDefinition) -> str:
    text = _(
        "%(name)s has no document, so Elasticsearch copies what is live. What is written to it "
        "during the copy is missing afterwards: stop what writes there, or block writes "
        "(--block-writes)."
    )
    page = _(
        "%(name)s has no document, so Elasticsearch copies what is live. What is written to it "
        "during the copy is missing afterwards: stop what writes there, or block writes."
    )
    return Said(text, {"name": definition.name}, page=page)


def default_workers(definition: IndexDefinition) -> int:
    """Return how many processes pay on this machine: half of its cores, and four at most.

    The database and Elasticsearch need the other half, or are busy with what four of them send.
    SQLite has one writer at a time.
    """
    if connections[definition.database].vendor == "sqlite":
        return 1
    return min(max((os.cpu_count() or 1) // 2, 1), MOST_WORKERS)


def _source(definition: IndexDefinition, live: LiveIndices) -> str | None:
    if definition.alias in live.by_name:
        return definition.alias
    return next((index.name for index in live.holders(definition.alias)), None)


def _alias_warnings(definition: IndexDefinition, live: LiveIndices) -> list[str]:
    """Say what the swap keeps of the aliases, and which of them it leaves."""
    holders = live.holders(definition.alias)
    return [*kept_properties(definition, holders), *foreign_aliases(definition, holders)]


def _adoption_warnings(definition: IndexDefinition, source: str | None) -> list[str]:
    if source is None or generations_of(definition).filter(name=source).exists():
        return []
    text = _(
        "django-es-admin did not create %(source)s. From now on it receives each change; "
        "earlier changes may be missing there until the swap."
    )
    return [Said(text, {"source": source})]


def rebuild(
    plan: RebuildPlan,
    on_progress: OnProgress = ignore,
    *,
    queued: Operation | None = None,
    hire: Hire = hire_processes,
) -> RebuildResult:
    """Create a generation, load it, drain, compare, swap the alias; the old one is kept.

    A build that is stopped at the gate or at the swap stays written to, for ``es_swap_alias`` or
    ``es_prune``. So does one whose database or Elasticsearch was away for longer than
    ``OPERATION_PATIENCE``: the next rebuild resumes it. What fails otherwise is marked as failed.

    Args:
        queued: the record of the operation, if it was made before.
        hire: lets other processes load ranges, if the plan has several workers.

    Raises:
        OperationRefused: the plan has refusals, or the swap had.
        LoadFailed: some documents could not be indexed; the old generation stays live.
        GateClosed: the generation is not as it has to be; the old one stays live.
        SearchesWorse: it answers judged searches worse; the old one stays live.
        ElasticsearchAdminError: Elasticsearch did not do a step; the old generation stays live.
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
        # We may not have created the live generation; from here on it receives its changes, too.
        outlast(partial(adopt, definition, foreign=plan.foreign))
        found = outlast(partial(take_over, definition, plan.resumes))
        generation = found or _create(plan)
        record.name(generation.name)
        outlast(partial(give_up_builds, definition, generation))
        try:
            result = (_copy if plan.copies else _build)(plan, generation, record, hire)
        except (LoadFailed, GateClosed, OperationRefused, OperationTakenOver) as error:
            # It still gets changes: it may be corrected, or another process may resume it.
            if plan.copies and not isinstance(error, OperationTakenOver):
                # Nothing is written to a copy that stopped.
                outlast(partial(mark_failed, generation, str(error)))
            raise
        except BaseException as error:
            if is_database_outage(error) or is_cluster_away(error):
                # As after a kill, only what is missing is loaded by the next rebuild.
                record.operation.details[RESUMABLE] = True
                raise
            if isinstance(error, ElasticsearchAdminError):
                outlast(partial(mark_failed, generation, str(error)))
                raise
            # Also Ctrl-C: a build that no process works on must not look like one that runs.
            close_broken()
            with suppress(Error):
                mark_failed(generation, f"interrupted ({type(error).__name__})")
            raise
        # From here on it may be what is searched: whatever happens, it is not marked as failed.
        if plan.swap:
            result = replace(result, swap=_swap(plan, generation, record))
            gate = result.gate
            outlast(partial(remember_rows, definition, gate.rows, gate.documents))
        return result


def _build(plan: RebuildPlan, generation: Generation, record: Record, hire: Hire) -> RebuildResult:
    definition = plan.definition
    # A deadlock, a time-out or a failover: each step can be begun again where it was.
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
    # Nothing declares it: what the project has made of it, or a dynamic mapping, stays.
    mappings = read_mappings(definition.connection, [plan.source], deadline)
    return create_generation(definition, mappings[plan.source])


def _copy(plan: RebuildPlan, generation: Generation, record: Record, hire: Hire) -> RebuildResult:
    """Do what ``_build`` does where there is no document: the cluster copies what is live."""
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
    # What the project fills by itself was never loaded, and is complete: it is a way back.
    for unloaded in generations_of(definition).filter(name=source, loaded_at=None):
        mark_loaded(unloaded)
    drained = CaughtUp(0, 0)
    return RebuildResult(definition.name, generation.name, copied, drained, gate, swap=None)


def _swap(plan: RebuildPlan, generation: Generation, record: Record) -> SwapResult:
    definition, tell = plan.definition, record.tell
    tell(Progress(definition.name, "swap"))
    # The gate has compared it with the database; the live one may be what is wrong.

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
