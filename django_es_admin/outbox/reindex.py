"""Write documents anew, though nothing was changed: rows of the outbox like any other."""

from collections.abc import Iterable
from itertools import islice

from django.db import transaction

from ..indices.definition import IndexDefinition
from .capture import PORTION
from .record import object_entry, record


def reindex_keys(definition: IndexDefinition, keys: Iterable[str]) -> int:
    """Give objects a row of the outbox each; return how many.

    Args:
        keys: as text, any number: they are not held in memory; the document of an object that does
            not exist is deleted.
    """
    document = definition.document
    assert document is not None  # noqa: S101 (there is nothing to write without one)
    using, waiting, count = definition.database, iter(keys), 0
    with transaction.atomic(using=using):
        while portion := list(islice(waiting, PORTION)):
            entries = [object_entry(document, key) for key in portion]
            record(using, entries, document.django.model)
            count += len(portion)
    return count
