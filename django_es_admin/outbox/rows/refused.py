"""Documents that a generation could not hold, kept until it can or is gone."""

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import QuerySet

from ...indices.definition import IndexDefinition
from ...models import Generation, OutboxEntry, RefusedDocument

MAX_ERROR = 2_000


def storable(error: str) -> str:
    """Return an error as every database can hold it: errors quote values, which may be anything."""
    text = error[:MAX_ERROR].replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text.encode(errors="replace").decode()


def remember(using: str, generation: int, errors: Mapping[str, str]) -> None:
    """Note what a generation refused, or what could not even be read for it.

    Args:
        generation: its primary key.
        errors: key of the object -> why.
    """
    RefusedDocument.objects.using(using).bulk_create(
        [
            RefusedDocument(generation=Generation(pk=generation), key=key, error=storable(error))
            for key, error in errors.items()
        ],
        update_conflicts=True,
        unique_fields=["generation", "key"],
        update_fields=["error"],
    )


def forget(using: str, generation: int, keys: Iterable[str]) -> None:
    """Note that a generation now holds these documents."""
    RefusedDocument.objects.using(using).filter(generation=generation, key__in=list(keys)).delete()


def refused_by(generation: Generation) -> QuerySet[RefusedDocument]:
    """Return what a generation refused."""
    return RefusedDocument.objects.using(generation._state.db).filter(generation=generation)


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
