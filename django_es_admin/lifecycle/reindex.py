"""Write documents anew, though nothing was changed: rows of the outbox like any other."""

from collections.abc import Iterable, Iterator

from django.db import transaction

from ..indices.definition import IndexDefinition
from ..models import Operation
from ..operations.recording import recording
from ..outbox.capture.changes import portions
from ..outbox.capture.record import object_entry, record


def reindex_objects(definition: IndexDefinition, keys: Iterable[str]) -> int:
    """Note objects in the outbox, and drain what this process may at once; return how many.

    Args:
        keys: of the documents, as text, any number: they are not held in memory; the document of an
            object that does not exist is deleted.
    """
    with recording(definition, Operation.Kind.REINDEX) as operation:
        count = _note(definition, keys)
        operation.operation.details |= {"objects": count}
    return count


def keys_of(definition: IndexDefinition, primary_keys: Iterable[object]) -> Iterator[str]:
    """Yield the keys of the documents of objects, any number."""
    assert definition.document is not None  # noqa: S101 (there is nothing to write without one)
    places = definition.document.django.places
    for portion in portions(map(str, primary_keys)):
        yield from places.keys(portion, definition.database)


def _note(definition: IndexDefinition, keys: Iterable[str]) -> int:
    document = definition.document
    assert document is not None  # noqa: S101 (there is nothing to write without one)
    using, count = definition.database, 0
    with transaction.atomic(using=using):
        for portion in portions(iter(keys)):
            entries = [object_entry(document, key) for key in portion]
            record(using, entries, document.django.model)
            count += len(portion)
    return count
