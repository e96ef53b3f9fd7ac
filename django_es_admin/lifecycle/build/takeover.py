"""Continue the build of a rebuild that was killed."""

from django.db import transaction
from django.db.models import Q

from ...indices.definition import IndexDefinition
from ...models import Generation, Operation
from ...operations.ending import bury, explain_death
from ...operations.running import is_alive, operations_of
from ...outbox.rows.lock import wait_for_writers
from ...outbox.rows.refused import find_behind
from ..generations.table import generations_of, mark_failed
from .ranges import release_ranges

RESUMABLE = "resumable"
"""Among the details of a rebuild that ended because the database or Elasticsearch was away."""


def find_dead_build(definition: IndexDefinition) -> Generation | None:
    """Return the generation that a rebuild was filling which was killed, or lost a server.

    It has been written to all the time, so that only ranges are missing. One that was begun for
    other code is of no use.
    """
    names = [
        operation.generation
        for operation in _unfinished(definition)
        if operation.generation and not is_alive(operation)
    ]
    return (
        generations_of(definition)
        .filter(name__in=names, role=Generation.Role.BUILDING, digest=definition.digest)
        .first()
    )


def dead_build_judges(definition: IndexDefinition, build: Generation) -> float | None:
    """Return the bound that judged searches of a killed rebuild had to reach; None for none."""
    rows = operations_of(definition).filter(generation=build.name, kind=Operation.Kind.REBUILD)
    last = rows.order_by("-pk").first()
    bound: float | None = last.details.get("judge") if last else None
    return bound


def take_over(definition: IndexDefinition, name: str) -> Generation | None:
    """Claim what killed rebuilds left behind; return the generation to resume, if there is one.

    Only the rebuild of the caller may run: no other process may start one.

    Args:
        name: of that generation; "" if there is none.
    """
    # At once or not at all: what is buried is not found again by an attempt that comes after.
    with transaction.atomic(using=definition.database):
        wait_for_writers(definition.database)
        return _take_over(definition, name)


def _take_over(definition: IndexDefinition, name: str) -> Generation | None:
    found = None
    for operation in _unfinished(definition):
        if is_alive(operation):
            continue
        build = generations_of(definition).filter(
            name=operation.generation, role=Generation.Role.BUILDING
        )
        for generation in build:
            if generation.name == name:
                release_ranges(generation)
                found = generation
            else:
                mark_failed(generation, operation.error or explain_death(operation))
        if operation.state == Operation.State.RUNNING:
            bury(operation)
    return found


def give_up_builds(definition: IndexDefinition, kept: Generation) -> None:
    """Give up builds that miss changes: they cannot become live, but drains still try them."""
    builds = generations_of(definition).filter(role=Generation.Role.BUILDING)
    behind = find_behind(definition.database)
    for build in builds.exclude(pk=kept.pk):
        if build.pk in behind:
            mark_failed(build, f"It missed changes, and {kept.name} was begun.")


def _unfinished(definition: IndexDefinition) -> list[Operation]:
    lost = Q(state=Operation.State.FAILED, details__resumable=True)
    rebuilds = operations_of(definition).filter(kind=Operation.Kind.REBUILD)
    return list(rebuilds.filter(Q(state=Operation.State.RUNNING) | lost))
