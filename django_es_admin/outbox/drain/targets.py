"""Where the documents of an index are written: its live, building and standby generations."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Left

from ...indices.definition import IndexDefinition
from ...indices.names import write_alias
from ...models import Generation, OutboxEntry, Owner, RefusedDocument
from ...models.outbox import KEY_START
from ...statement import Slot, Statement, prepare

_Role = Generation.Role


@dataclass(frozen=True)
class Target:
    """A generation that a document is written to.

    Args:
        pk: the primary key of the generation.
        alias: its write alias.
        live: whether it is live.
        standby: whether it is only kept for a rollback. No row waits for a standby.
        building: whether it is being built. A document that it refuses prevents the swap.
        refused: whether it has refused documents, some of which it may accept now.
        other: whether it was built for other code, and may lack fields of this code.
        tolerant: whether a document that it refuses is remembered, instead of keeping the row. This
            is so for a standby, and for a live generation that was built for older code.
    """

    pk: int
    name: str
    alias: str
    live: bool
    tolerant: bool
    standby: bool
    building: bool
    refused: bool
    other: bool = False


@dataclass(frozen=True)
class Targets:
    """Where the documents of an index are written.

    Args:
        write: the generations that this process writes to, the live one first.
        held: whether only a process with other code may write to one of the generations, so that
            rows have to wait for such a process.
        parked: whether changes of the index are parked, so that some of them may be resolved.
        written: the names of all generations that get changes, from any process.
        owner: the key of the database; "" if it has none yet.
    """

    write: tuple[Target, ...]
    held: bool
    parked: bool
    written: tuple[str, ...]
    owner: str


def read_targets(definition: IndexDefinition, digest: str) -> Targets:
    """Return where this process writes the documents of an index.

    Read the targets *after* the rows were picked: a generation that is added later is also loaded
    later, so it will contain these changes.

    Args:
        digest: the digest of the document in this process.
    """
    rows = _reading(definition.database).run(
        connection=definition.using, alias=definition.alias, index=definition.name
    )
    generations = [_Row(*row) for row in rows]
    written = [generation for generation in generations if generation.role in Generation.WRITTEN]
    write = [g for g in written if _may_write(g, digest, generations)]
    # The live generation is written first, so that no other generation delays it.
    write.sort(key=lambda generation: generation.role != _Role.LIVE)
    return Targets(
        write=tuple(_target(generation, digest) for generation in write),
        held=len(write) < len(written),
        parked=not generations or bool(generations[0].parked),
        written=tuple(generation.name for generation in written),
        owner=(generations[0].owner or "") if generations else "",
    )


class _Row(NamedTuple):
    pk: int
    name: str
    role: str
    digest: str
    parked: bool
    refuses: bool
    owner: str | None


@cache
def _reading(using: str) -> Statement:
    """Return the statement that reads the generations of an index, the newest first.

    It runs with every save, so it also reads the key of the database, and whether anything is
    parked or refused, instead of separate statements.
    """
    parked = OutboxEntry.objects.using(using).filter(
        connection=Slot("connection"), index=Slot("index"), parked_at__isnull=False
    )
    refused = RefusedDocument.objects.using(using).filter(generation=OuterRef("pk"))
    owner = Owner.objects.using(using).filter(pk=1).values("key")
    return prepare(
        Generation.objects.using(using)
        .filter(connection=Slot("connection"), alias=Slot("alias"))
        .order_by("-pk")
        .annotate(parked=Exists(parked), refuses=Exists(refused), owner=Subquery(owner))
        .values_list(*_Row._fields)
    )


def _may_write(generation: _Row, digest: str, generations: Sequence[_Row]) -> bool:
    if generation.digest == digest or generation.role == _Role.STANDBY:
        return True
    if generation.role == _Role.BUILDING:
        # It was built for other code, and the documents of this process might not fit.
        return False
    if not generation.digest:
        # It was adopted, and created by hand, so no code fits it better.
        return True
    # It is live, and has another digest: this code is outgoing if all generations with its own
    # digest are older.
    own = next((g for g in generations if g.digest == digest), None)
    return own is None or generations.index(own) < generations.index(generation)


def _target(generation: _Row, digest: str) -> Target:
    live = generation.role == _Role.LIVE
    return Target(
        pk=generation.pk,
        name=generation.name,
        alias=write_alias(generation.name),
        live=live,
        tolerant=generation.role == _Role.STANDBY or (live and generation.digest != digest),
        standby=generation.role == _Role.STANDBY,
        building=generation.role == _Role.BUILDING,
        refused=bool(generation.refuses),
        # A generation that was created by hand, and differs from the declaration, has no digest.
        other=generation.digest != digest,
    )


def is_live(using: str, target: Target) -> bool:
    """Return whether a generation is live now."""
    rows = Generation.objects.using(using)
    return rows.filter(pk=target.pk, role=_Role.LIVE).exists()


def parked_rows(definition: IndexDefinition, keys: Sequence[str]) -> dict[int, str]:
    """Return parked rows of these objects -> their keys. Call it before the objects are read."""
    texts = {f"key{number}": key for number, key in enumerate(keys)}
    texts |= {f"start{number}": key[:KEY_START] for number, key in enumerate(keys)}
    found = _reading_parked(definition.database, len(keys)).run(
        connection=definition.using, index=definition.name, **texts
    )
    return dict(found)


@lru_cache(maxsize=8)
def _reading_parked(using: str, count: int) -> Statement:
    """Return the statement that finds the parked rows of this number of objects."""
    return prepare(
        OutboxEntry.objects.using(using)
        .alias(start=Left("key", KEY_START))
        .filter(
            connection=Slot("connection"),
            index=Slot("index"),
            kind=OutboxEntry.Kind.OBJECT,
            start__in=[Slot(f"start{number}") for number in range(count)],
            key__in=[Slot(f"key{number}") for number in range(count)],
            parked_at__isnull=False,
        )
        .order_by()
        .values_list("pk", "key")
    )
