"""Move the alias of an index to another generation, in one request."""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from ..backends.errors import translated
from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..exceptions import (
    ConnectionUnavailable,
    ElasticsearchAdminError,
    OperationCancelled,
    OperationRefused,
    OperationTakenOver,
)
from ..indices.definition import IndexDefinition
from ..indices.live import read_indices
from ..models import Operation
from ..operations.patience import outlast, patiently
from ..operations.progress import OnProgress, Progress, Step, ignore
from ..operations.recording import recording
from ..outbox.rows.refused import retry_refused
from ..said import together
from .aliases.swap_plan import SwapPlan
from .aliases.target import find_role_refusals
from .build.catch_up import catch_up
from .build.gate import pass_gate
from .generations.settle import settle
from .generations.standby import StandbyResult, keep_standby
from .generations.table import generations_of

SECONDS_FOR_SHARDS = 300.0


@dataclass(frozen=True)
class SwapResult:
    """The result of ``swap_alias``."""

    index: str
    alias: str
    source: str | None
    target: str
    standby: StandbyResult


def swap_alias(
    plan: SwapPlan,
    *,
    kind: Operation.Kind = Operation.Kind.SWAP,
    on_progress: OnProgress = ignore,
    queued: Operation | None = None,
) -> SwapResult:
    """Move the alias, and read it again to verify it.

    A build that waits for its swap is first compared with the database.

    Args:
        kind: the kind of the recorded operation.
        queued: the record of the operation, if it was queued.

    Raises:
        OperationRefused: the plan has refusals, or the alias was moved since.
        GateClosed: the target is not equal to the database.
        LoadFailed: the target refused documents.
        ElasticsearchAdminError: a request failed.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    with recording(
        plan.definition,
        kind,
        generation=plan.target,
        on_progress=on_progress,
        details={"source": plan.source, "target": plan.target},
        queued=queued,
    ) as record:
        return carry_out(plan, record.tell)


def carry_out(plan: SwapPlan, on_progress: OnProgress = ignore) -> SwapResult:
    """Carry out a plan within an operation that is already recorded.

    Raises:
        OperationRefused: the plan has refusals, or the alias was moved since.
        GateClosed: the target is not equal to the database.
        LoadFailed: the target refused documents.
        ElasticsearchAdminError: a request failed.
    """
    definition = plan.definition
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    if not plan.settled:
        outlast(partial(settle, definition, plan.target))
    target = generations_of(definition).filter(name=plan.target)
    if plan.gated:
        generation = outlast(target.get)
        outlast(partial(catch_up, definition, generation, on_progress))
        outlast(partial(pass_gate, definition, generation, on_progress, wait=SECONDS_FOR_SHARDS))
    # The target may have been retired since the plan was made. Then it lacks later changes.
    row = outlast(target.first)
    refusals = find_role_refusals(plan.target, row)
    if refusals:
        raise OperationRefused(together(refusals))
    return _move_alias(plan, on_progress)


def _move_alias(plan: SwapPlan, on_progress: OnProgress) -> SwapResult:
    """Send the request, read the alias again, and store the roles.

    If there is no answer, the request is sent again unless the alias has moved. Once the request
    was sent, the swap can no longer be cancelled.

    Raises:
        OperationRefused: the alias is not where it was planned to be.
        ElasticsearchAdminError: a request failed.
    """
    definition = plan.definition
    sent = False

    def tell(step: Step = "swap") -> None:
        with suppress(*((OperationCancelled, OperationTakenOver) if sent else ())):
            on_progress(Progress(definition.name, step))

    tell()
    failure: ElasticsearchAdminError | None = None

    def send() -> None:
        nonlocal sent
        if not sent or _holders(definition) != [plan.target]:
            sent = True
            _send(plan)

    try:
        patiently(send, tell)
    except ElasticsearchAdminError as error:
        failure = error
    holders = patiently(partial(_holders, definition), tell)
    # Without an answer, the request may still have succeeded; a refusal is an answer.
    if holders != [plan.target] or not isinstance(failure, ConnectionUnavailable | None):
        if failure is None and plan.target in holders and _adds_only(plan):
            _take_back(plan)
            holders.remove(plan.target)
        raise _refused(plan, holders, failure) from failure
    # Immediately, because until then the table does not say which generation is live.
    standby = outlast(partial(_write_down, plan))
    tell("standby")
    return SwapResult(definition.name, definition.alias, plan.source, plan.target, standby)


def _write_down(plan: SwapPlan) -> StandbyResult:
    definition = plan.definition
    if plan.concrete:
        generations_of(definition).filter(name=plan.source).delete()
    standby = keep_standby(definition, plan.target, plan.source or plan.left)
    retry_refused(definition, plan.target)
    return standby


def _send(plan: SwapPlan) -> None:
    connection = plan.definition.connection
    with translated(connection):
        client = connection.client.options(request_timeout=get_options().operation_timeout)
        client.indices.update_aliases(actions=plan.actions)


def _adds_only(plan: SwapPlan) -> bool:
    """Return whether nothing was live. Otherwise the request fails if the alias has moved."""
    return all("add" in action for action in plan.actions)


def _take_back(plan: SwapPlan) -> None:
    """Undo a first swap if the alias was set elsewhere in the meantime."""
    added = [action["add"] for action in plan.actions]
    connection = plan.definition.connection
    with translated(connection):
        client = connection.client.options(request_timeout=get_options().operation_timeout)
        client.indices.update_aliases(
            actions=[{"remove": {"index": a["index"], "alias": a["alias"]}} for a in added]
        )


def _holders(definition: IndexDefinition) -> list[str]:
    deadline = Deadline(get_options().operation_timeout)
    live = read_indices(definition.connection, deadline)
    if definition.alias in live.by_name:
        return [definition.alias]
    return [index.name for index in live.holders(definition.alias)]


def _refused(
    plan: SwapPlan, holders: list[str], failure: ElasticsearchAdminError | None
) -> ElasticsearchAdminError:
    expected = [plan.source] if plan.source else []
    if failure is not None and holders == expected:
        return failure
    where = ", ".join(holders) or "no index"
    unchanged = "" if plan.target in holders else ", and nothing was changed here"
    return OperationRefused(
        f"The alias {plan.definition.alias} is on {where} now, where the plan had "
        f"{plan.source or 'none'}: somebody moved it in the meantime{unchanged}. "
        f"See `manage.py es_status {plan.definition.name}`."
    )
