"""Keep the previous live generation for a rollback, and retire older ones."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from ...indices.definition import IndexDefinition
from ...models import Generation
from .table import generations_of

_Role = Generation.Role


@dataclass(frozen=True)
class StandbyResult:
    """What ``keep_standby`` stored in the table of generations.

    Args:
        live: the generation that the alias points to.
        standby: the generation that is kept up to date for a rollback; None if there is none.
        retired: the generations that get no more changes, and can be pruned.
    """

    live: str
    standby: str | None
    retired: tuple[str, ...]


def keep_standby(definition: IndexDefinition, live: str, previous: str | None) -> StandbyResult:
    """Store the roles after a swap: ``live`` is live, ``previous`` is kept for a rollback.

    Every other standby is retired, so that few generations get changes. Builds that are older than
    the live generation are retired, too, because nobody would swap to them.
    """
    generations = generations_of(definition)
    with transaction.atomic(using=definition.database):
        generations.filter(name=live).update(role=_Role.LIVE, retired_at=None, error="")
        retired = _retire(generations, live, previous)
        # A generation that did not get all changes cannot be used for a rollback.
        way_back = generations.filter(name=previous, role__in=Generation.WRITTEN)
        kept = way_back.update(role=_Role.STANDBY)
    return StandbyResult(live, previous if kept else None, retired)


def _retire(generations: QuerySet[Generation], live: str, previous: str | None) -> tuple[str, ...]:
    others = generations.exclude(name__in=[live, previous or ""])
    created = generations.filter(name=live).values_list("pk", flat=True).first()
    obsolete = Q(role__in=[_Role.STANDBY, _Role.LIVE])
    if created is not None:
        obsolete |= Q(role=_Role.BUILDING, pk__lt=created)
    names = tuple(others.filter(obsolete).values_list("name", flat=True))
    others.filter(name__in=names).update(role=_Role.RETIRED, retired_at=Now())
    return names
