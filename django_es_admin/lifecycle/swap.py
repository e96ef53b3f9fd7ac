"""Move the alias of an index to another generation, in one request."""

from dataclasses import dataclass
from typing import Any

from ..backends.errors import translated
from ..backends.health import Deadline
from ..conf import get_options
from ..exceptions import OperationRefused
from ..indices.definition import IndexDefinition
from ..indices.diff import Difference, compare_mappings
from ..indices.live import LiveIndex, count_documents, read_indices, read_mappings
from ..indices.names import is_generation_name
from ..models import Generation
from ..outbox.refused import count_refused, retry_refused
from .generations import generations_of, mark_live
from .refusals import find_refusals


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


@dataclass(frozen=True)
class SwapResult:
    """What ``swap_alias`` did."""

    index: str
    alias: str
    source: str | None
    target: str


def plan_swap(definition: IndexDefinition, to: str | None = None) -> SwapPlan:
    """Return the plan of a swap.

    Args:
        to: the generation to swap to; if omitted, the newest that is up to date and not live.

    Raises:
        ElasticsearchAdminError: Elasticsearch cannot be asked.
    """
    connection, deadline = definition.connection, Deadline(get_options().operation_timeout)
    live = read_indices(connection, deadline)
    holders = live.holders(definition.alias)
    source = holders[0].name if len(holders) == 1 else None
    target = to or _newest_loaded(definition, source, live.by_name.keys())
    refusals = find_refusals(definition, live)
    refusals += _target_refusals(definition, source, target, live.by_name.get(target))
    known = [name for name in (source, target) if name and name in live.by_name]
    counts = count_documents(connection, known, deadline) if not refusals else {}
    mappings = read_mappings(connection, known, deadline)
    differences = (
        compare_mappings(mappings[target], mappings[source])
        if source in mappings and target in mappings
        else ()
    )
    return SwapPlan(
        definition=definition,
        source=source,
        target=target,
        documents_before=counts.get(source) if source else None,
        documents_after=counts.get(target),
        refused=count_refused(definition, target),
        differences=differences,
        actions=_actions(definition, holders, target),
        refusals=tuple(refusals),
    )


def _newest_loaded(definition: IndexDefinition, source: str | None, existing: Any) -> str:
    candidates = (
        generations_of(definition)
        .filter(loaded_at__isnull=False)
        .exclude(role__in=[Generation.Role.FAILED, Generation.Role.RETIRED])
        .exclude(name=source or "")
    )
    names = candidates.values_list("name", flat=True)
    return next((name for name in names if name in existing), "")


def _target_refusals(
    definition: IndexDefinition, source: str | None, target: str, index: LiveIndex | None
) -> list[str]:
    if not target:
        return [
            f"There is no generation of {definition.name} to swap to: "
            f"build one with `manage.py es_rebuild {definition.name}`."
        ]
    if target == source:
        return [f"{target} is live already."]
    if not is_generation_name(definition.alias, target):
        return [f"{target} is no generation of {definition.name}."]
    if index is None:
        return [f"The generation {target} does not exist on {definition.connection.alias}."]
    if not index.open:
        return [f"The generation {target} is closed: open it first."]
    if index.health == "red":
        return [f"The generation {target} is red: its shards are not all there."]
    return _role_refusals(target, generations_of(definition).filter(name=target).first())


def _role_refusals(target: str, registered: Generation | None) -> list[str]:
    """Refuse what is not written to: it lacks what changed meanwhile, and nothing can tell what."""
    if registered is None or registered.role == Generation.Role.RETIRED:
        return [
            f"The generation {target} is not kept up to date any more: rebuild the index instead."
        ]
    incomplete = registered.loaded_at is None and registered.role != Generation.Role.LIVE
    if incomplete or registered.role == Generation.Role.FAILED:
        why = registered.error or "its load has not ended"
        return [f"The generation {target} is not complete: {why}"]
    return []


def _actions(
    definition: IndexDefinition, holders: list[LiveIndex], target: str
) -> tuple[dict[str, Any], ...]:
    # must_exist: the request as a whole fails if somebody moved the alias meanwhile.
    removals = [
        {"remove": {"index": index.name, "alias": definition.alias, "must_exist": True}}
        for index in holders
    ]
    others = {name: dict(properties) for name, properties in definition.aliases.items()}
    for index in holders:
        # An alias as it is now keeps its properties, whatever the settings say of a new one.
        others.update({name: dict(index.aliases[name]) for name in index.aliases if name in others})
        removals += [
            {"remove": {"index": index.name, "alias": name, "must_exist": True}}
            for name in others
            if name in index.aliases
        ]
    additions = [{"add": {"index": target, "alias": definition.alias}}]
    additions += [
        {"add": {"index": target, "alias": name, **properties}}
        for name, properties in others.items()
    ]
    return (*removals, *additions)


def swap_alias(plan: SwapPlan) -> SwapResult:
    """Move the alias, and read it again to be sure.

    Raises:
        OperationRefused: the plan has refusals, or the alias is not where it was planned to be.
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    if plan.refusals:
        raise OperationRefused(" ".join(plan.refusals))
    definition = plan.definition
    with translated(definition.connection):
        client = definition.connection.client.options(
            request_timeout=get_options().operation_timeout
        )
        answer = client.indices.update_aliases(actions=plan.actions)
        holders = sorted(client.indices.get_alias(name=definition.alias))
    if answer.get("errors") or holders != [plan.target]:
        raise OperationRefused(
            f"The alias {definition.alias} is now on {', '.join(holders)}, not on {plan.target}: "
            f"somebody else moved it. See `manage.py es_status {definition.name}`."
        )
    mark_live(definition, plan.target, plan.source)
    retry_refused(definition, plan.target)
    return SwapResult(definition.name, definition.alias, plan.source, plan.target)
