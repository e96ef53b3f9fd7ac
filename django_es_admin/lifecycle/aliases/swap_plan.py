"""Plan which generation becomes live, and find reasons against it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...exceptions import IndexBlocked
from ...indices.definition import IndexDefinition
from ...indices.diff import Difference, compare_mappings
from ...indices.live import LiveIndex, LiveIndices, count_documents, read_indices, read_mappings
from ...models import Generation, Operation
from ...operations.refusals import find_block_refusals, find_holder_refusals, find_readonly_refusals
from ...operations.running import running_rebuild
from ...outbox.rows.refused import count_refused
from ...said import together
from ...status.former import find_former
from ..generations.owner import find_owner_refusals
from ..generations.settle import is_settled
from ..generations.table import generations_of
from .alias_actions import alias_actions, foreign_aliases, kept_properties
from .target import find_doubts, find_target_refusals

MIN_RATIO = 0.9


@dataclass(frozen=True)
class SwapPlan:
    """The plan of ``swap_alias``.

    Args:
        source: the generation that is live now; None if there is none.
        target: the generation that becomes live; "" if none can.
        documents_before: the number of documents in the source; None if they cannot be counted.
        documents_after: the number of documents in the target; None if they cannot be counted.
        refused: documents that the target refused while it was not live; they are tried again.
        differences: the differences between the mappings of source and target.
        actions: the body of the one ``_aliases`` request.
        refusals: why the operation cannot be done; empty if it can.
        warnings: what users should know before they confirm.
        gated: whether the target is compared with the database before it becomes live.
        settled: False if the target still has the settings for loading.
        left: if nothing is live, the generation that stays available for a rollback; None if there
            is none.
        concrete: whether the source is a physical index with the name of the alias, which is
            deleted.
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
    left: str | None = None


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
        to: the generation to swap to; by default the newest that is up to date and not live.
        min_ratio: refuse a target if its number of documents is below this share of the live
            generation's.
        force: swap even if the target has fewer documents, has refused some, or several indices
            hold the alias.
        own: the rebuild that makes the plan. A generation that another rebuild is building cannot
            become live.

    Raises:
        IndexBlocked: an index is blocked, and the plan is that of a rebuild, which waits.
        ElasticsearchAdminError: a request failed.
    """
    connection, deadline = definition.connection, Deadline(get_options().operation_timeout)
    live = read_indices(connection, deadline)
    concrete = live.by_name.get(definition.alias)
    holders = [concrete] if concrete else live.holders(definition.alias)
    source = holders[0].name if len(holders) == 1 else None
    running = running_rebuild(definition)
    busy = running.generation if running and running != own else ""
    former = find_former(definition, live, generations_of(definition))
    target = to or (
        former.name
        if former and former.usable and former.name != busy
        else _newest_loaded(definition, {source or "", busy}, live.by_name.keys())
    )
    row = generations_of(definition).filter(name=target).first()
    building = row is not None and row.role == Generation.Role.BUILDING
    refusals = [
        *find_readonly_refusals(definition),
        *find_owner_refusals(definition, [source] if source else [], deadline, adopted=True),
        *find_owner_refusals(definition, [target] if target in live.by_name else [], deadline),
        *find_target_refusals(
            definition, source, target, live.by_name.get(target), row=row, busy=busy
        ),
    ]
    blocks = find_block_refusals(live, sorted({target, *(one.name for one in holders)}), "change")
    if blocks and own:
        raise IndexBlocked(together(blocks))
    refusals += blocks
    known = [name for name in (source, target) if name and name in live.by_name]
    counts = count_documents(connection, known, deadline) if not refusals else {}
    before, after = counts.get(source) if source else None, counts.get(target)
    refused = count_refused(definition, target)
    settled = target not in live.by_name or _is_settled(definition, live.by_name[target])
    doubts = [
        *_holder_doubts(definition, live, target, chosen=to is not None),
        # Without force, the gate tries these documents again, and decides.
        *find_doubts(
            definition,
            # A generation that is not settled was not refreshed, so its count means nothing.
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
        left=None if holders else _left(definition, target, live.by_name.keys()),
    )


def _newest_loaded(
    definition: IndexDefinition, excluded: Collection[str], existing: Collection[str]
) -> str:
    candidates = (
        generations_of(definition)
        .filter(loaded_at__isnull=False, role__in=Generation.WRITTEN)
        .exclude(name__in=excluded)
    )
    names = candidates.values_list("name", flat=True)
    return next((name for name in names if name in existing), "")


def _left(definition: IndexDefinition, target: str, existing: Collection[str]) -> str | None:
    """Return the former live generation, or its standby, if the alias was lost."""
    rows = generations_of(definition).exclude(name=target)
    roles = {role: name for role, name in rows.values_list("role", "name") if name in existing}
    return roles.get(Generation.Role.LIVE) or roles.get(Generation.Role.STANDBY)


def _holder_doubts(
    definition: IndexDefinition, live: LiveIndices, target: str, *, chosen: bool
) -> list[str]:
    found = find_holder_refusals(definition, live)
    if found and not chosen:
        return [together([found[0], _("Choose which one to keep.")])]
    return found


def _is_settled(definition: IndexDefinition, index: LiveIndex) -> bool:
    return is_settled(definition, index.settings)
