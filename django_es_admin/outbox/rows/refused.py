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
    """Return an error as every database can hold it: errors quote values, which may be anything."""
    text = error[:MAX_ERROR].replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text.encode(errors="replace").decode()


def remember(using: str, generation: int, errors: Mapping[str, str], version: int) -> None:
    """Record what a generation refused, or what could not even be read for it.

    Args:
        generation: its primary key.
        errors: key of the object -> why.
        version: of the write that was refused; no other write has it.

    Raises:
        GenerationUnknown: it is in the table no more.
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
    # MySQL and MariaDB find out by themselves which key there is already.
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
    # A key may be longer than what a database can index.
    return hashlib.blake2b(key.encode(errors="replace"), digest_size=16).hexdigest()


Refused = Mapping[int, tuple[str, int]]
"""Primary key of what was refused -> key of the object, and version of the write."""


def read_refused(using: str, generation: int, keys: Sequence[str]) -> Refused:
    """Return what a generation refused of these objects; ask before the tick is taken."""
    digests = [_digest(key) for key in keys]
    rows = RefusedDocument.objects.using(using).filter(generation=generation, digest__in=digests)
    return {pk: (key, version) for pk, key, version in rows.values_list("pk", "key", "version")}


def forget(using: str, refused: Refused) -> None:
    """Record that a generation now holds these documents.

    What was refused since they were read stays: it may be newer than what was written.
    """
    by_version: defaultdict[int, list[int]] = defaultdict(list)
    for pk, (_key, version) in refused.items():
        by_version[version].append(pk)
    for version, pks in by_version.items():
        RefusedDocument.objects.using(using).filter(pk__in=pks, version=version).delete()


def find_behind(using: str) -> frozenset[int]:
    """Return the primary keys of the generations that miss what they refused."""
    refused = RefusedDocument.objects.using(using).filter(generation=OuterRef("pk"))
    behind = Generation.objects.using(using).filter(Exists(refused))
    return frozenset(behind.values_list("pk", flat=True))


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
