"""The last comparison of an index: what it found, how old it is, and writing that again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from ...indices.definition import IndexDefinition
from ...models import Difference, Operation
from ...operations.history import OperationStatus, status_of
from ...operations.running import operations_of


@dataclass(frozen=True)
class Verified:
    """What a comparison that has ended found.

    Args:
        operation: its record.
        missing: objects without a document.
        stale: documents that are not what would be written then.
        ghosts: documents without an object.
        refused: objects whose document cannot be made.
        waiting: objects whose change waited in the outbox.
        objects: that were compared.
        kept: how many of those that differ can be listed.
        whole: whether everything was compared: no sample, and not only what was changed.
        ids: whether only keys were compared.
    """

    operation: OperationStatus
    missing: int
    stale: int
    ghosts: int
    refused: int
    waiting: int
    objects: int
    kept: int
    whole: bool
    ids: bool

    @property
    def equal(self) -> bool:
        """Whether nothing differed."""
        return not (self.missing or self.stale or self.ghosts or self.refused)

    @property
    def at(self) -> datetime | None:
        """When it ended, by the clock of the database."""
        return self.operation.ended

    @property
    def generation(self) -> str:
        """Which generation was compared; another one may be live by now."""
        return self.operation.row.generation


def read_last(definition: IndexDefinition) -> Verified | None:
    """Return what the last comparison of an index that was carried to its end found."""
    done = operations_of(definition).filter(kind=Operation.Kind.VERIFY, state=Operation.State.DONE)
    found = status_of(done[:1], definition.database)
    return read_verified(found[0]) if found else None


def read_verified(operation: OperationStatus) -> Verified | None:
    """Return what an operation found; None if it is no comparison, or has not ended well."""
    row = operation.row
    if row.kind != Operation.Kind.VERIFY or row.state != Operation.State.DONE:
        return None
    told = row.details
    return Verified(
        operation=operation,
        missing=told["missing"],
        stale=told["stale"],
        ghosts=told["ghosts"],
        refused=told["refused"],
        waiting=told["waiting"],
        objects=told.get("objects", 0),
        kept=told.get("kept", 0),
        whole=not (told.get("sample") or told.get("since")),
        ids=bool(told.get("ids")),
    )


def read_differences(
    operation: OperationStatus, start: int = 0, count: int = 100
) -> tuple[Difference, ...]:
    """Return some of what an operation found to differ, in the order in which it was found."""
    return tuple(_differences(operation)[start : start + count])


def keys_that_differed(operation: OperationStatus) -> Iterator[str]:
    """Yield the keys to give to ``reindex_objects``; what cannot be written is left out."""
    found = _differences(operation).exclude(kind=Difference.Kind.REFUSED)
    return found.values_list("key", flat=True).iterator(chunk_size=1_000)


def _differences(operation: OperationStatus) -> QuerySet[Difference]:
    return Difference.objects.using(operation.using).filter(operation=operation.row.pk)
