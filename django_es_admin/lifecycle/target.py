"""Why a generation cannot, or should not, become live."""

from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndex
from ..indices.names import is_generation_name
from ..models import Generation


def find_target_refusals(
    definition: IndexDefinition,
    source: str | None,
    target: str,
    index: LiveIndex | None,
    row: Generation | None,
) -> list[str]:
    """Return why ``target`` cannot become live, whoever insists.

    Args:
        source: what is live now; None if nothing, or more than one, is.
        index: the target on the cluster; None if it is not there.
        row: the target in the table of generations; None if it is not there.
    """
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
    return _role_refusals(target, row)


def _role_refusals(target: str, row: Generation | None) -> list[str]:
    """Refuse what is not written to: it lacks what changed meanwhile, and nothing can tell what."""
    if row is None or row.role == Generation.Role.RETIRED:
        return [
            f"The generation {target} is not kept up to date any more: rebuild the index instead."
        ]
    incomplete = row.loaded_at is None and row.role != Generation.Role.LIVE
    if incomplete or row.role == Generation.Role.FAILED:
        why = row.error or "its load has not ended"
        return [f"The generation {target} is not complete: {why}"]
    return []


def find_doubts(
    definition: IndexDefinition,
    before: int | None,
    after: int | None,
    min_ratio: float,
    refused: int,
) -> list[str]:
    """Return why a generation should not become live, unless somebody insists.

    Args:
        before: documents of the live generation; None if they cannot be counted.
        after: documents of the target.
        min_ratio: the share of the live one's that the target has to have.
        refused: documents that the target could not hold while it was built.
    """
    found = []
    if before and after is not None and after < before * min_ratio:
        found.append(
            f"The target has {after:,} documents and the live generation {before:,}: under "
            f"{min_ratio:.0%} of it. If that is right, pass --min-ratio or --force."
        )
    if refused:
        found.append(
            f"The target refused {refused} documents of {definition.name}: they will be missing."
        )
    return found
