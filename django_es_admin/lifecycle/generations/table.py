"""The table of generations: the role of each physical index."""

from django.db import DEFAULT_DB_ALIAS

from ...clock import database_now
from ...documents import Document
from ...indices.definition import IndexDefinition, definition_of
from ...models import Generation
from ...models.generation import GenerationQuerySet


def generations_of(definition: IndexDefinition) -> GenerationQuerySet:
    """Return the registered generations of an index, the newest first."""
    return Generation.objects.using(definition.database).filter(
        connection=definition.connection.alias, alias=definition.alias
    )


def is_as_declared(document: type[Document]) -> bool:
    """Return whether the live generation was built for the current document, in all parts."""
    definition = definition_of(document)
    live = generations_of(definition).filter(role=Generation.Role.LIVE, loaded_at__isnull=False)
    return list(live.values_list("digest", flat=True)) == [definition.digest]


def register(
    definition: IndexDefinition, name: str, role: Generation.Role = Generation.Role.BUILDING
) -> Generation:
    """Register a generation, committed immediately, so that drains see it before it is filled."""
    # No other process uses this name. If it is in the table, the answer to a commit was lost.
    generation, _ = generations_of(definition).get_or_create(
        name=name,
        defaults={
            "connection": definition.connection.alias,
            "alias": definition.alias,
            "role": role,
            "digest": definition.digest,
            "created_at": database_now(definition.database),
        },
    )
    return generation


def mark_loaded(generation: Generation) -> None:
    """Record that the load is complete."""
    generation.loaded_at = database_now(generation._state.db or DEFAULT_DB_ALIAS)
    generation.save(update_fields=["loaded_at"])


def mark_failed(generation: Generation, error: str) -> None:
    """Record why the build of a generation failed, if it is still a build."""
    Generation.objects.using(generation._state.db).filter(
        pk=generation.pk, role=Generation.Role.BUILDING
    ).fail(error)
