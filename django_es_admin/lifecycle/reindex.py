"""Write documents again without a change, through the outbox."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from django.db import connections
from django.db.models import Q

from ..conf import get_options
from ..indices.definition import IndexDefinition
from ..models import Generation, Operation, OutboxEntry, RefusedDocument
from ..operations.recording import recording
from ..outbox.capture.changes import capture_keys, portions
from ..outbox.drain.breaker import is_open
from ..outbox.drain.pending import last_row
from ..outbox.rows.refused import read_refused
from .generations.table import generations_of


@dataclass(frozen=True)
class ReindexResult:
    """The result of a reindex.

    Args:
        objects: the number of objects.
        written: the objects whose documents were written or deleted.
        waiting: the objects that a later drain writes.
        refused: the objects that Elasticsearch or the document class refused.
        error: why one of these was refused.
        unanswered: whether objects wait because Elasticsearch does not answer.
    """

    objects: int
    written: int
    waiting: int
    refused: int
    error: str = ""
    unanswered: bool = False


def reindex_objects(definition: IndexDefinition, keys: Iterable[str]) -> ReindexResult:
    """Add outbox rows for objects, and drain those that this process may drain immediately.

    Within a transaction, all objects wait, because they are drained after the commit.

    Args:
        keys: the keys of the documents, as text. They are not all held in memory. The document of
            an object that does not exist is deleted.
    """
    with recording(definition, Operation.Kind.REINDEX) as operation:
        before = last_row(definition)
        # Objects that are drained immediately are few enough to check one by one.
        remaining = iter(keys)
        first = list(islice(remaining, get_options().inline_max_objects))
        count = _note(definition, chain(first, remaining))
        result = outcome(definition, before, first, count)
        operation.operation.details |= {
            "objects": result.objects,
            "written": result.written,
            "waiting": result.waiting,
            "refused": result.refused,
        }
    return result


def outcome(
    definition: IndexDefinition, before: int, first: list[str], count: int
) -> ReindexResult:
    """Return the result for the rows that were added after the row ``before``."""
    using = definition.database
    if connections[using].in_atomic_block:
        return ReindexResult(count, 0, count, 0)
    rows = OutboxEntry.objects.using(using).filter(
        connection=definition.using,
        index=definition.name,
        kind=OutboxEntry.Kind.OBJECT,
        delete_sent=False,
        pk__gt=before,
    )
    failed = rows.filter(Q(attempts__gt=0) | Q(parked_at__isnull=False))
    refused = failed.count()
    waiting = min(rows.count() - refused, count)
    errors = list(failed.order_by("pk").values_list("error", flat=True)[:1])
    # A document that the live generation, built for older code, refused has no row.
    for live in generations_of(definition).filter(role=Generation.Role.LIVE):
        flagged = read_refused(using, live.pk, first)
        refused += len(flagged)
        found = RefusedDocument.objects.using(using).filter(pk__in=list(flagged)[:1])
        errors += found.values_list("error", flat=True)
    return ReindexResult(
        objects=count,
        written=max(count - waiting - refused, 0),
        waiting=waiting,
        refused=refused,
        error=errors[0] if errors else "",
        unanswered=is_open(definition.using) or is_open(definition.using, definition.name),
    )


def keys_of(definition: IndexDefinition, primary_keys: Iterable[object]) -> Iterator[str]:
    """Yield the keys of the documents of any number of objects."""
    assert definition.document is not None  # noqa: S101 (there is nothing to write without one)
    places = definition.document.django.places
    for portion in portions(map(str, primary_keys)):
        yield from places.keys(portion, definition.database)


def _note(definition: IndexDefinition, keys: Iterable[str]) -> int:
    document = definition.document
    assert document is not None  # noqa: S101 (a plan without one is refused)
    return capture_keys(document, keys, definition.database)
