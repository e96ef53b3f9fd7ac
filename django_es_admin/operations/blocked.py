"""Which indices killed operations have left blocked for writes, according to their records."""

from ..indices.definition import IndexDefinition
from ..models import Operation
from .running import is_alive, operations_in, operations_of

BLOCKED = "blocked"
"""The key in the details of a rebuild for the physical index that it blocked for writes."""


def left_blocked(using: str) -> dict[tuple[str, str], str]:
    """Return connection and name of each index -> its physical indices that are still blocked."""
    rows = operations_in(using).filter(details__has_key=BLOCKED)
    return {(r.connection, r.index): str(r.details[BLOCKED]) for r in rows if not is_alive(r)}


def left_behind(definition: IndexDefinition) -> list[str]:
    """Return the physical indices of one index that are still blocked."""
    rows = operations_of(definition).filter(details__has_key=BLOCKED)
    return [str(row.details[BLOCKED]) for row in rows if not is_alive(row)]


def forget_block(definition: IndexDefinition, name: str) -> None:
    """Record that a block was removed, or now belongs to another operation."""
    for row in operations_of(definition).filter(details__has_key=BLOCKED):
        if row.details[BLOCKED] != name or is_alive(row):
            continue
        details = {key: value for key, value in row.details.items() if key != BLOCKED}
        Operation.objects.using(row._state.db).filter(pk=row.pk).update(details=details)
