"""Documents that a generation refused, kept until it accepts them or is deleted."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db import IntegrityError, connections, transaction
from django.db.models import Exists, OuterRef, QuerySet

from ...exceptions import GenerationUnknown
from ...indices.definition import IndexDefinition
from ...models import Generation, OutboxEntry, RefusedDocument

MAX_ERROR = 2_000


def storable(error: str) -> str:
    """Return an error text that every database can store, because errors may quote any value."""
    text = error[:MAX_ERROR].replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text.encode(errors="replace").decode()


def remember(using: str, generation: int, errors: Mapping[str, str], version: int) -> None:
    """Record the documents that a generation refused, or that could not be read for it.

    Args:
        generation: the primary key of the generation.
        errors: key of the object -> why it was refused.
        version: the version of the refused write, which no other write has.

    Raises:
        GenerationUnknown: the generation is no longer in the table.
    """
    try:
        _remember(using, generation, errors, version)
    except IntegrityError as error:
        if Generation.objects.using(using).filter(pk=generation).exists():
            raise
        raise GenerationUnknown(
            "A generation was taken out of the table while it was written: it was deleted, or the "
            "table was restored from a backup. The changes wait."
        ) from error


def _remember(using: str, generation: int, errors: Mapping[str, str], version: int) -> None:
    # MySQL and MariaDB find the conflicting unique key by themselves.
    told = connections[using].features.supports_update_conflicts_with_target
    RefusedDocument.objects.using(using).bulk_create(
        [
            RefusedDocument(
                generation=Generation(pk=generation),
                key=key,
                digest=_digest(key),
                error=storable(error),
                version=version,
            )
            for key, error in errors.items()
        ],
        update_conflicts=True,
        unique_fields=["generation", "digest"] if told else None,
        update_fields=["error", "version"],
    )


def _digest(key: str) -> str:
    # A key may be longer than a database can index.
    return hashlib.blake2b(key.encode(errors="replace"), digest_size=16).hexdigest()


Refused = Mapping[int, tuple[str, int]]
"""Primary key of a refused document -> key of the object, and version of the write."""


def read_refused(using: str, generation: int, keys: Sequence[str]) -> Refused:
    """Return what a generation refused of these objects. Call it before the tick is taken."""
    digests = [_digest(key) for key in keys]
    rows = RefusedDocument.objects.using(using).filter(generation=generation, digest__in=digests)
    return {pk: (key, version) for pk, key, version in rows.values_list("pk", "key", "version")}


def forget(using: str, refused: Refused) -> None:
    """Record that a generation now contains these documents.

    Documents that were refused after the objects were read are kept: they may be newer.
    """
    by_version: defaultdict[int, list[int]] = defaultdict(list)
    for pk, (_key, version) in refused.items():
        by_version[version].append(pk)
    for version, pks in by_version.items():
        RefusedDocument.objects.using(using).filter(pk__in=pks, version=version).delete()


def find_behind(using: str) -> frozenset[int]:
    """Return the primary keys of the generations that lack documents they refused."""
    refused = RefusedDocument.objects.using(using).filter(generation=OuterRef("pk"))
    behind = Generation.objects.using(using).filter(Exists(refused))
    return frozenset(behind.values_list("pk", flat=True))


def refused_by(generation: Generation) -> QuerySet[RefusedDocument]:
    """Return the documents that a generation refused."""
    return RefusedDocument.objects.using(generation._state.db).filter(generation=generation)


def count_refused(definition: IndexDefinition, generation: str) -> int:
    """Return how many documents the generations of an index refused."""
    return _of(definition, generation).count()


def retry_refused(definition: IndexDefinition, generation: str) -> int:
    """Add a row to the outbox for each document that a generation refused; return their number.

    No row waited for them while the generation was a standby. Now that it is live, it has to accept
    them, or the errors have to be shown.
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
