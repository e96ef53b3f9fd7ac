"""The table of generations: what each physical index is for."""

from django.db.models import QuerySet
from django.utils import timezone

from ..indices.definition import IndexDefinition
from ..models import Generation


def generations_of(definition: IndexDefinition) -> QuerySet[Generation]:
    """Return the registered generations of an index, the newest first."""
    return Generation.objects.using(definition.database).filter(
        connection=definition.connection.alias, alias=definition.alias
    )


def register(
    definition: IndexDefinition, name: str, role: Generation.Role = Generation.Role.BUILDING
) -> Generation:
    """Register a generation, committed at once, so that writers see it before it is filled."""
    return Generation.objects.using(definition.database).create(
        connection=definition.connection.alias,
        alias=definition.alias,
        name=name,
        role=role,
        digest=definition.digest,
    )


def mark_loaded(generation: Generation) -> None:
    """Record that the load was complete."""
    generation.loaded_at = timezone.now()
    generation.save(update_fields=["loaded_at"])


def mark_failed(generation: Generation, error: str) -> None:
    """Record why the build of a generation ended."""
    generation.role = Generation.Role.FAILED
    generation.error = error
    generation.save(update_fields=["role", "error"])


def mark_live(definition: IndexDefinition, name: str, previous: str | None) -> None:
    """Record what the alias says: ``name`` is live, ``previous`` is kept for a rollback.

    Every other standby is retired, so that the set of generations written to stays small.
    """
    generations = generations_of(definition)
    generations.filter(role__in=[Generation.Role.STANDBY, Generation.Role.LIVE]).exclude(
        name__in=[name, previous or ""]
    ).update(role=Generation.Role.RETIRED)
    generations.filter(name=name).update(role=Generation.Role.LIVE)
    if previous:
        generations.filter(name=previous).update(role=Generation.Role.STANDBY)
