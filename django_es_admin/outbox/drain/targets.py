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
        pk: of its row in the table of generations.
        alias: its write alias.
        live: whether it is live.
        standby: whether it is kept for a rollback alone: no row waits for it, whatever it answers.
        building: whether it is not live yet; what it refuses keeps it from becoming so.
        refused: whether it refused documents before, some of which it may take now.
        other: whether it was built for other code, and may lack fields of ours.
        tolerant: whether what it refuses is remembered instead of keeping the row: a standby, and
            a live generation that was built for older code.
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
    """Where to write.

    Args:
        write: the generations that this process writes to, the live one first.
        held: whether there is one that only other code may write to, so that rows have to wait
            for a process that runs it.
        parked: whether changes of the index are parked, so that some of them may be resolved.
        written: names of all generations that changes are written to, by whichever process.
        owner: the key of the database; "" if it has none yet.
    """

    write: tuple[Target, ...]
    held: bool
    parked: bool
    written: tuple[str, ...]
    owner: str


def read_targets(definition: IndexDefinition, digest: str) -> Targets:
    """Return where this process writes the documents of an index.

    Read them *after* the rows were picked: a generation that joins later is loaded later, too, and
    so holds their changes already.

    Args:
        digest: of the document in the code of this process.
    """
    rows = _reading(definition.database).run(
        connection=definition.using, alias=definition.alias, index=definition.name
    )
    generations = [_Row(*row) for row in rows]
    written = [generation for generation in generations if generation.role in Generation.WRITTEN]
    write = [g for g in written if _may_write(g, digest, generations)]
    # What is searched is written first: no other generation is to keep it waiting.
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
    """Return the statement that reads an index's generations, the newest first.

    Every save asks it: whether anything is parked or refused, and whose the database is, are not
    to be statements of their own.
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
        # Built for other code: our documents could not fit it.
        return False
    if not generation.digest:
        # Adopted, and made by hand: no code of any process fits it better.
        return True
    # Live, and not of our digest: outgoing code if the generations of our digest are all older.
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
        # Also one that was made by hand, and differs from what is declared: it has no digest.
        other=generation.digest != digest,
    )


def is_live(using: str, target: Target) -> bool:
    """Whether a generation is live now."""
    rows = Generation.objects.using(using)
    return rows.filter(pk=target.pk, role=_Role.LIVE).exists()


def parked_rows(definition: IndexDefinition, keys: Sequence[str]) -> dict[int, str]:
    """Return the parked rows of these objects -> their key; ask before the objects are read."""
    texts = {f"key{number}": key for number, key in enumerate(keys)}
    texts |= {f"start{number}": key[:KEY_START] for number, key in enumerate(keys)}
    found = _reading_parked(definition.database, len(keys)).run(
        connection=definition.using, index=definition.name, **texts
    )
    return dict(found)


@lru_cache(maxsize=8)
def _reading_parked(using: str, count: int) -> Statement:
    """Return the statement that finds the parked rows of so many objects."""
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
