"""Move the alias of an index to another generation, in one request."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..backends.errors import translated
from ..backends.health import Deadline
from ..conf import get_options
from ..exceptions import (
    ConnectionUnavailable,
    ElasticsearchAdminError,
    OperationCancelled,
    OperationRefused,
    OperationTakenOver,
)
from ..indices.definition import IndexDefinition
from ..indices.diff import Difference, compare_mappings
from ..indices.live import LiveIndex, LiveIndices, count_documents, read_indices, read_mappings
from ..models import Generation, Operation
from ..outbox.refused import count_refused, retry_refused
from .alias_actions import alias_actions, foreign_aliases, kept_properties
from .drain import drain_changes
from .gate import pass_gate
from .generations import generations_of
from .operations import running_rebuild
from .patience import patiently
from .progress import OnProgress, Progress, Step, ignore
from .recording import recording
from .refusals import find_holder_refusals, find_readonly_refusals
from .settle import is_settled, settle
from .standby import StandbyResult, keep_standby
from .target import find_doubts, find_role_refusals, find_target_refusals

MIN_RATIO = 0.9
SECONDS_FOR_SHARDS = 300.0


@dataclass(frozen=True)
class SwapPlan:
    """What ``swap_alias`` will do.

    Args:
        source: the generation that is live now; None if there is none.
        target: the generation that will be; "" if none can be.
        documents_before: in the source; None if it cannot be counted.
        documents_after: in the target; None if it cannot be counted.
        refused: documents that the target could not hold while it was not live; tried again.
        differences: between the mappings of source and target.
        actions: the body of the one ``_aliases`` request.
        refusals: why it cannot be done, empty if it can.
        warnings: what to know before it is done.
        gated: whether the target is compared with the database before it becomes live.
        settled: False where the target still has the settings of its load.
        concrete: whether the source is a physical index of the alias's name, and is deleted.
    """

    definition: IndexDefinition
    source: str | None
    target: str
    documents_before: int | None
    documents_after: int | None
    refused: int
    differences: tuple[Difference, ...]
    actions: tuple[dict[str, Any], ...]
    refusals: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    gated: bool = False
    settled: bool = True
    concrete: bool = False


@dataclass(frozen=True)
class SwapResult:
    """What ``swap_alias`` did."""

    index: str
    alias: str
    source: str | None
    target: str
    standby: StandbyResult


def plan_swap(
    definition: IndexDefinition,
    to: str | None = None,
    *,
    min_ratio: float = MIN_RATIO,
    force: bool = False,
    own: Operation | None = None,
) -> SwapPlan:
    """Return the plan of a swap.

    Args:
        to: the generation to swap to; if omitted, the newest that is up to date and not live.
        min_ratio: refuse a target with fewer documents than this share of the live one's.
        force: swap although the target has fewer, refused some, or several hold the alias.
        own: the rebuild that asks; what another one is building cannot become live.

    Raises:
        ElasticsearchAdminError: Elasticsearch cannot be asked.
    """
    connection, deadline = definition.connection, Deadline(get_options().operation_timeout)
    live = read_indices(connection, deadline)
    concrete = live.by_name.get(definition.alias)
    holders = [concrete] if concrete else live.holders(definition.alias)
    source = holders[0].name if len(holders) == 1 else None
    running = running_rebuild(definition)
    busy = running.generation if running and running != own else ""
    target = to or _newest_loaded(definition, {source or "", busy}, live.by_name.keys())
    row = generations_of(definition).filter(name=target).first()
    building = row is not None and row.role == Generation.Role.BUILDING
    refusals = [
        *find_readonly_refusals(definition),
        *find_target_refusals(
            definition, source, target, live.by_name.get(target), row=row, busy=busy
        ),
    ]
    known = [name for name in (source, target) if name and name in live.by_name]
    counts = count_documents(connection, known, deadline) if not refusals else {}
    before, after = counts.get(source) if source else None, counts.get(target)
    refused = count_refused(definition, target)
    settled = target not in live.by_name or _is_settled(definition, live.by_name[target])
    doubts = [
        *_holder_doubts(definition, live, target, chosen=to is not None),
        # Without force the gate tries these again, and decides.
        *find_doubts(
            definition,
            # What is not settled was not refreshed yet, so that its count says nothing.
            before if settled else None,
            after,
            min_ratio,
            refused if building and force else 0,
        ),
    ]
    mappings = read_mappings(connection, known, deadline)
    return SwapPlan(
        definition=definition,
        source=source,
        target=target,
        documents_before=before,
        documents_after=after,
        refused=refused,
        differences=compare_mappings(mappings[target], mappings[source])
        if source in mappings and target in mappings
        else (),
        actions=alias_actions(definition, holders, target),
        refusals=tuple(refusals if force else [*refusals, *doubts]),
        warnings=(
            *(doubts if force else ()),
            *kept_properties(definition, holders),
            *foreign_aliases(definition, holders),
        ),
        gated=building and not force,
        settled=settled,
        concrete=concrete is not None,
    )


def _newest_loaded(
    definition: IndexDefinition, excluded: Collection[str], existing: Collection[str]
) -> str:
    candidates = (
        generations_of(definition)
        .filter(loaded_at__isnull=False)
        .exclude(role__in=[Generation.Role.FAILED, Generation.Role.RETIRED])
        .exclude(name__in=excluded)
    )
    names = candidates.values_list("name", flat=True)
    return next((name for name in names if name in existing), "")


def _holder_doubts(
    definition: IndexDefinition, live: LiveIndices, target: str, *, chosen: bool
) -> list[str]:
    found = find_holder_refusals(definition, live)
    if found and not chosen:
        return [f"{found[0]} Which one is for you to say."]
    return found


def _is_settled(definition: IndexDefinition, index: LiveIndex) -> bool:
    return is_settled(definition, index.settings)


def swap_alias(
    plan: SwapPlan,
    *,
    who: str = "",
    kind: Operation.Kind = Operation.Kind.SWAP,
    on_progress: OnProgress = ignore,
    queued: Operation | None = None,
) -> SwapResult:
    """Move the alias, and read it again to be sure.

    A build that waits for its swap is compared with the database first.

    Args:
        who: the user; the account of this process if omitted.
        kind: what the record of it says.
        queued: that record, if it was made before.

    Raises:
        OperationRefused: the plan has refusals, or the alias is not where it was planned to be.
        GateClosed: the target is not equal to the database.
        LoadFailed: the target refused documents.
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    if plan.refusals:
        raise OperationRefused(" ".join(plan.refusals))
    definition = plan.definition
    with recording(
        definition,
        kind,
        who=who,
        generation=plan.target,
        on_progress=on_progress,
        queued=queued,
    ) as record:
        if not plan.settled:
            settle(definition, plan.target)
        if plan.gated:
            generation = generations_of(definition).get(name=plan.target)
            drain_changes(definition, generation, record.tell)
            pass_gate(definition, generation, record.tell, wait=SECONDS_FOR_SHARDS)
        # It may have been retired since the plan was made, and then it lacks what was written.
        row = generations_of(definition).filter(name=plan.target).first()
        refusals = find_role_refusals(plan.target, row)
        if refusals:
            raise OperationRefused(" ".join(refusals))
        return move_alias(plan, record.tell)


def move_alias(plan: SwapPlan, on_progress: OnProgress = ignore) -> SwapResult:
    """Send the one request, read the alias again, and write down the roles.

    Where no answer came, the request is sent again unless the alias has moved by then. Once it was
    sent there is no way back: whoever cancels comes too late.

    Raises:
        OperationRefused: the alias is not where it was planned to be.
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    definition = plan.definition
    sent = False

    def tell(step: Step = "swap") -> None:
        with suppress(*((OperationCancelled, OperationTakenOver) if sent else ())):
            on_progress(Progress(definition.name, step))

    tell()
    failure: ElasticsearchAdminError | None = None
    try:
        for attempt in patiently(tell):
            with attempt:
                if not sent or _holders(definition) != [plan.target]:
                    sent = True
                    _send(plan)
    except ElasticsearchAdminError as error:
        failure = error
    for attempt in patiently(tell):
        with attempt:
            holders = _holders(definition)
    # Without an answer it may have been done even so; a refusal is one.
    if holders != [plan.target] or not isinstance(failure, ConnectionUnavailable | None):
        if failure is None and plan.target in holders and _adds_only(plan):
            _take_back(plan)
            holders.remove(plan.target)
        raise _refused(plan, holders, failure) from failure
    # At once: until then the table does not say what is live.
    if plan.concrete:
        generations_of(definition).filter(name=plan.source).delete()
    standby = keep_standby(definition, plan.target, plan.source)
    retry_refused(definition, plan.target)
    tell("standby")
    return SwapResult(definition.name, definition.alias, plan.source, plan.target, standby)


def _send(plan: SwapPlan) -> None:
    connection = plan.definition.connection
    with translated(connection):
        client = connection.client.options(request_timeout=get_options().operation_timeout)
        client.indices.update_aliases(actions=plan.actions)


def _adds_only(plan: SwapPlan) -> bool:
    """Whether nothing was live: else the request names what to remove, and fails if it is gone."""
    return all("add" in action for action in plan.actions)


def _take_back(plan: SwapPlan) -> None:
    """Undo a swap from nothing, where somebody else put the alias somewhere meanwhile."""
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
        f"{plan.source or 'none'}: somebody else moved it meanwhile{unchanged}. "
        f"See `manage.py es_status {plan.definition.name}`."
    )
