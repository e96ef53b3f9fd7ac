"""Write documents again without a change: with rows of the outbox like any other."""

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
        objects: all of them.
        written: those whose document is in the index as it should be, or gone from it.
        waiting: those that a later drain writes.
        refused: those that Elasticsearch, or the document itself, did not take.
        error: why one of these was refused.
        unanswered: whether the others wait as Elasticsearch does not answer.
    """

    objects: int
    written: int
    waiting: int
    refused: int
    error: str = ""
    unanswered: bool = False


def reindex_objects(definition: IndexDefinition, keys: Iterable[str]) -> ReindexResult:
    """Note objects in the outbox, and drain what this process may at once.

    Within a transaction all of them wait, as they are drained after its commit.

    Args:
        keys: of the documents, as text, any number: they are not held in memory; the document of an
            object that does not exist is deleted.
    """
    with recording(definition, Operation.Kind.REINDEX) as operation:
        before = last_row(definition)
        # Those that are written at once are few enough to be looked after one by one.
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
    """Return what is left in the outbox of what was noted after the row ``before``."""
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
    # What the live generation, built for older code, cannot hold has no row.
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
    """Yield the keys of the documents of objects, any number."""
    assert definition.document is not None  # noqa: S101 (there is nothing to write without one)
    places = definition.document.django.places
    for portion in portions(map(str, primary_keys)):
        yield from places.keys(portion, definition.database)


def _note(definition: IndexDefinition, keys: Iterable[str]) -> int:
    document = definition.document
    assert document is not None  # noqa: S101 (a plan without one is refused)
    return capture_keys(document, keys, definition.database)
