"""Rows that were given up: a later success on their object resolves them."""

from collections.abc import Sequence
from functools import lru_cache

from ..indices.definition import IndexDefinition
from ..models import OutboxEntry
from ..statement import Slot, Statement, prepare


def parked_rows(definition: IndexDefinition, keys: Sequence[str]) -> dict[int, str]:
    """Return the parked rows of these objects -> their key; ask before the objects are read."""
    texts = {f"key{number}": key for number, key in enumerate(keys)}
    found = _reading(definition.database, len(keys)).run(
        connection=definition.using, index=definition.name, **texts
    )
    return dict(found)


@lru_cache(maxsize=8)
def _reading(using: str, count: int) -> Statement:
    """Return the statement that finds the parked rows of so many objects."""
    return prepare(
        OutboxEntry.objects.using(using)
        .filter(
            connection=Slot("connection"),
            index=Slot("index"),
            kind=OutboxEntry.Kind.OBJECT,
            key__in=[Slot(f"key{number}") for number in range(count)],
            parked_at__isnull=False,
        )
        .order_by()
        .values_list("pk", "key")
    )
