"""Documents that a generation could not hold: what to do with them once it is live."""

from django.db import transaction
from django.db.models import QuerySet

from ..indices.definition import IndexDefinition
from ..models import OutboxEntry, RefusedDocument


def count_refused(definition: IndexDefinition, generation: str) -> int:
    """Return how many documents a generation of an index refused."""
    return _of(definition, generation).count()


def retry_refused(definition: IndexDefinition, generation: str) -> int:
    """Give each document that a generation refused a row of the outbox; return their number.

    While it was a standby they held no row. Live, it has to take them, or they have to be seen.
    """
    using = definition.database
    with transaction.atomic(using=using):
        refused = _of(definition, generation)
        keys = list(refused.values_list("key", flat=True))
        OutboxEntry.objects.using(using).bulk_create(
            OutboxEntry(connection=definition.using, index=definition.name, key=key) for key in keys
        )
        refused.filter(key__in=keys).delete()
    return len(keys)


def _of(definition: IndexDefinition, generation: str) -> QuerySet[RefusedDocument]:
    return RefusedDocument.objects.using(definition.database).filter(
        generation__connection=definition.using,
        generation__alias=definition.alias,
        generation__name=generation,
    )
