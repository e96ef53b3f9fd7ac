"""The last comparison of an index: its results, its age, and the keys to write again."""

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
    """The results of a finished comparison.

    Args:
        operation: the record of the comparison.
        missing: objects without a document.
        stale: outdated documents.
        ghosts: documents without an object.
        refused: objects whose document cannot be made.
        waiting: objects whose change waited in the outbox.
        objects: the number of objects compared.
        kept: how many differences are stored.
        whole: whether everything was compared, and not only a sample or changed objects.
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
        """Whether there were no differences."""
        return not (self.missing or self.stale or self.ghosts or self.refused)

    @property
    def at(self) -> datetime | None:
        """When the comparison ended, by the clock of the database."""
        return self.operation.ended

    @property
    def generation(self) -> str:
        """The compared generation, which may no longer be the live one."""
        return self.operation.row.generation


def read_last(definition: IndexDefinition) -> Verified | None:
    """Return the results of the last finished comparison of an index."""
    done = operations_of(definition).filter(kind=Operation.Kind.VERIFY, state=Operation.State.DONE)
    found = status_of(done[:1], definition.database)
    return read_verified(found[0]) if found else None


def read_verified(operation: OperationStatus) -> Verified | None:
    """Return the results of an operation; None if it is not a successful comparison."""
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
    """Return some differences of an operation, in the order in which they were found."""
    return tuple(_differences(operation)[start : start + count])


def keys_that_differed(operation: OperationStatus) -> Iterator[str]:
    """Yield the keys for ``reindex_objects``, without objects that cannot be written."""
    found = _differences(operation).exclude(kind=Difference.Kind.REFUSED)
    return found.values_list("key", flat=True).iterator(chunk_size=1_000)


def _differences(operation: OperationStatus) -> QuerySet[Difference]:
    return Difference.objects.using(operation.using).filter(operation=operation.row.pk)
