"""Find problems with the generations of an index: builds, the standby, unknown indices."""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from ..clock import database_now
from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndex
from ..indices.names import is_generation_name
from ..models import Generation, Operation
from .ownership import Ownership
from .problem import Mend, Problem

UNSWAPPED = timedelta(hours=1)
"""How long a build may wait for somebody to check it."""


def problems_of_adoption(
    definition: IndexDefinition,
    holders: tuple[LiveIndex, ...],
    generations: Sequence[Generation],
    rebuilding: Operation | None,
    ownership: Ownership,
) -> Iterator[Problem]:
    if definition.document is None:
        return
    roles = {generation.name: generation.role for generation in generations}
    # Both adopt the index with the alias; only the rebuild has a page.
    adopt = (Mend("create", definition.name), Mend("rebuild", definition.name))
    for name in sorted({holder.name for holder in holders} - roles.keys()):
        if not ownership.is_nameless(definition, name):
            yield Problem("unregistered", {"name": name}, "error", adopt)
    live = next((name for name, role in roles.items() if role == Generation.Role.LIVE), "")
    moved = len(holders) == 1 and roles.get(holders[0].name, "live") != Generation.Role.LIVE
    # A rebuild first moves the alias, and then stores the new roles.
    if moved and not rebuilding:
        facts = {"live": live, "name": holders[0].name}
        yield Problem("moved" if live else "not-live", facts, "error", adopt)


def problems_of_builds(
    definition: IndexDefinition,
    holders: tuple[LiveIndex, ...],
    generations: Sequence[Generation],
    *,
    behind: Collection[str],
    existing: Collection[str],
    running: Operation | None,
) -> Iterator[Problem]:
    """Yield a problem for builds that no process works on, and for failed ones."""
    if definition.document is None:
        return
    searched = {index.name for index in holders}
    idle = [generation for generation in generations if generation.name not in searched]
    builds = [build for build in idle if build.role == Generation.Role.BUILDING]
    prune = Mend("prune", f"{definition.name} --builds", {"builds": "1"})
    for build in builds:
        if running and running.generation in {"", build.name}:
            continue
        if build.name in behind:
            yield Problem("build-behind", {"name": build.name}, mends=(prune,))
        elif build.loaded_at is None:
            mend = Mend("rebuild", definition.name)
            yield Problem("build-stopped", {"name": build.name}, mends=(mend, prune))
        elif build.loaded_at < database_now(definition.database) - UNSWAPPED:
            mend = Mend("swap", f"{definition.name} --to {build.name}", {"to": build.name})
            yield Problem("build-waits", {"name": build.name}, mends=(mend, prune))
    failed = [g for g in idle if g.role == Generation.Role.FAILED and g.name in existing]
    if failed:
        facts = {
            "count": len(failed),
            "name": failed[0].name,
            "error": failed[0].error.rstrip(".") or "?",
        }
        yield Problem("builds-failed", facts, mends=(Mend("prune", definition.name),))


def problems_of_standbys(
    holders: tuple[LiveIndex, ...], generations: Sequence[Generation], behind: Collection[str]
) -> Iterator[Problem]:
    """Yield a problem for a standby that lacks changes."""
    searched = {index.name for index in holders}
    for generation in generations:
        if (
            generation.role == Generation.Role.STANDBY
            and generation.name in behind
            and generation.name not in searched
        ):
            yield Problem("standby-behind", {"name": generation.name})


def problems_of_unknown(
    definition: IndexDefinition,
    holders: tuple[LiveIndex, ...],
    generations: Sequence[Generation],
    existing: Collection[str],
    rebuilding: Operation | None,
) -> Iterator[Problem]:
    """Yield a problem for indices that look like generations, but are not registered."""
    known = {generation.name for generation in generations} | {index.name for index in holders}
    unknown = [
        name
        for name in sorted(existing)
        if is_generation_name(definition.alias, name) and name not in known
    ]
    # A generation that is being created is not registered yet.
    if unknown and not rebuilding:
        name = unknown[-1]
        mend = Mend("delete_generation", name, {"generation": name})
        yield Problem("unknown-generations", {"count": len(unknown), "name": name}, mends=(mend,))


def problems_of_write_aliases(
    generations: Sequence[Generation], unwritable: Collection[str]
) -> Iterator[Problem]:
    """Yield a problem for generations whose write alias was deleted."""
    for name in written_generations(generations):
        if name in unwritable:
            yield Problem("write-alias", {"name": name}, "error", (Mend("drain"),))


def written_generations(generations: Sequence[Generation]) -> list[str]:
    return [row.name for row in generations if row.role in Generation.WRITTEN]
