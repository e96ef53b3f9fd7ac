"""Write documents anew, though nothing was changed: rows of the outbox like any other."""

from collections.abc import Iterable

from django.db import transaction

from ..indices.definition import IndexDefinition
from .capture import portions
from .record import object_entry, record


def reindex_keys(definition: IndexDefinition, keys: Iterable[str]) -> int:
    """Give objects a row of the outbox each; return how many.

    Args:
        keys: as text, any number: they are not held in memory; the document of an object that does
            not exist is deleted.
    """
    document = definition.document
    assert document is not None  # noqa: S101 (there is nothing to write without one)
    using, count = definition.database, 0
    with transaction.atomic(using=using):
        for portion in portions(iter(keys)):
            entries = [object_entry(document, key) for key in portion]
            record(using, entries, document.django.model)
            count += len(portion)
    return count
