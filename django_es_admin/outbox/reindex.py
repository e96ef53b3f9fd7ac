"""Write documents anew, though nothing was changed: rows of the outbox like any other."""

from collections.abc import Sequence

from django.db import transaction

from ..indices.definition import IndexDefinition
from .record import object_entry, record


def reindex_keys(definition: IndexDefinition, keys: Sequence[str]) -> int:
    """Give objects a row of the outbox each; return how many.

    Args:
        keys: as text; the document of an object that does not exist is deleted.
    """
    document = definition.document
    assert document is not None  # noqa: S101 (there is nothing to write without one)
    using = definition.database
    with transaction.atomic(using=using):
        entries = [object_entry(document, key) for key in keys]
        record(using, entries, document.django.model)
    return len(keys)
