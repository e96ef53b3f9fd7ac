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
"""In the details of a rebuild that ended because the database or Elasticsearch did not answer."""


def find_dead_build(definition: IndexDefinition) -> Generation | None:
    """Return the generation of a rebuild that was killed or lost a server; None if there is none.

    It has got all changes since, so only ranges are missing. A generation that was built for other
    code is not returned.
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
    """Return the lowest nDCG that a killed rebuild had to reach; None if it was not judged."""
    rows = operations_of(definition).filter(generation=build.name, kind=Operation.Kind.REBUILD)
    last = rows.order_by("-pk").first()
    bound: float | None = last.details.get("judge") if last else None
    return bound


def take_over(definition: IndexDefinition, name: str) -> Generation | None:
    """Take over what killed rebuilds left; return the generation to resume, if there is one.

    The caller must hold the record of a rebuild, so that no other process can start one.

    Args:
        name: the name of that generation; "" if there is none.
    """
    # In one transaction: after a record was ended, a second attempt would not find it again.
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
    """Mark builds that miss changes as failed, so that drains no longer write to them."""
    builds = generations_of(definition).filter(role=Generation.Role.BUILDING)
    behind = find_behind(definition.database)
    for build in builds.exclude(pk=kept.pk):
        if build.pk in behind:
            mark_failed(build, f"It missed changes, and {kept.name} was begun.")


def _unfinished(definition: IndexDefinition) -> list[Operation]:
    lost = Q(state=Operation.State.FAILED, details__resumable=True)
    rebuilds = operations_of(definition).filter(kind=Operation.Kind.REBUILD)
    return list(rebuilds.filter(Q(state=Operation.State.RUNNING) | lost))
