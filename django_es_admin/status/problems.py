"""What is wrong with an index, each as a sentence that says what mends it."""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndex
from ..indices.names import is_generation_name
from ..models import Generation
from ..operations.refusals import explain_physical
from ..operations.running import running_rebuild
from ..outbox.rows.status import OutboxStatus

UNSWAPPED = timedelta(hours=1)
"""That a build may wait, for somebody to look at it."""


def find_problems(
    definition: IndexDefinition,
    *,
    holders: tuple[LiveIndex, ...],
    physical: bool,
    drift: int,
    differences: int,
    outbox: OutboxStatus,
    generations: Sequence[Generation],
    existing: Collection[str],
) -> tuple[str, ...]:
    """Return what is wrong with a declared index on a connection that answers.

    Args:
        holders: the physical indices that hold its alias.
        physical: whether the alias is the name of a physical index.
        drift: documents in the index beyond the rows of the database; below 0 for missing ones.
        differences: number of fields in which the mapping differs.
        outbox: its changes that wait.
        generations: those that are registered.
        existing: names of the physical indices that there are.
    """
    found = [
        *_of_outbox(outbox),
        *_of_builds(definition, holders, generations, existing),
        *_of_unknown(definition, holders, generations, existing),
    ]
    if not holders:
        return (_missing(definition, physical=physical), *found)
    found = [*_of_holders(holders), *_of_adoption(definition, holders, generations), *found]
    if drift:
        mend = "manage.py es_drain" if outbox.waiting else _rebuild(definition)
        found.append(_drift(drift) % {"command": mend})
    if differences:
        text = ngettext(
            "The mapping differs in %(count)d field: run %(command)s.",
            "The mapping differs in %(count)d fields: run %(command)s.",
            differences,
        )
        found.append(text % {"count": differences, "command": _rebuild(definition)})
    if outbox.refused:
        text = ngettext(
            "%(count)d document does not fit the live mapping: run %(command)s.",
            "%(count)d documents do not fit the live mapping: run %(command)s.",
            outbox.refused,
        )
        found.append(text % {"count": outbox.refused, "command": _rebuild(definition)})
    return tuple(found)


def _rebuild(definition: IndexDefinition) -> str:
    verb = "es_rebuild" if definition.document else "es_create"
    return f"manage.py {verb} {definition.name}"


def _missing(definition: IndexDefinition, *, physical: bool) -> str:
    if physical:
        return explain_physical(definition)
    return _("The index is missing: run %(command)s.") % {"command": _rebuild(definition)}


def _of_holders(holders: tuple[LiveIndex, ...]) -> Iterator[str]:
    if len(holders) > 1:
        names = ", ".join(holder.name for holder in holders)
        yield (
            _("Several generations hold the alias (%(names)s): remove all but one.")
            % {"names": names}
        )
    if not holders[0].open:
        yield _("The index is closed: open it, or nobody can search it.")
    if holders[0].health == "red":
        yield _("Some of its shards are missing: look at the cluster.")


def _of_adoption(
    definition: IndexDefinition, holders: tuple[LiveIndex, ...], generations: Sequence[Generation]
) -> Iterator[str]:
    if definition.document is None:
        return
    roles = {generation.name: generation.role for generation in generations}
    command = f"manage.py es_create {definition.name}"
    for name in sorted({holder.name for holder in holders} - roles.keys()):
        yield (
            _("Changes are not written to %(name)s, which was made elsewhere: run %(command)s.")
            % {"name": name, "command": command}
        )
    live = next((name for name, role in roles.items() if role == Generation.Role.LIVE), "")
    moved = len(holders) == 1 and roles.get(holders[0].name, "live") != Generation.Role.LIVE
    # A rebuild moves the alias first, and writes it down then.
    if moved and not running_rebuild(definition):
        text = (
            _(
                "The alias was moved from %(live)s to %(name)s without es_swap_alias: move it "
                "back, or run %(command)s to go on with that."
            )
            if live
            else _("%(name)s is searched, and is not known to be live: run %(command)s.")
        )
        yield text % {"live": live, "name": holders[0].name, "command": command}


def _of_builds(
    definition: IndexDefinition,
    holders: tuple[LiveIndex, ...],
    generations: Sequence[Generation],
    existing: Collection[str],
) -> Iterator[str]:
    """Tell of builds that nobody goes on with, and of those that failed."""
    if definition.document is None:
        return
    searched = {index.name for index in holders}
    idle = [generation for generation in generations if generation.name not in searched]
    builds = [build for build in idle if build.role == Generation.Role.BUILDING]
    running = running_rebuild(definition) if builds else None
    prune = f"manage.py es_prune {definition.name}"
    for build in builds:
        if running and running.generation in {"", build.name}:
            continue
        if build.loaded_at is None:
            text = _(
                "The build of %(name)s stopped, and gets each change even so: run %(command)s, "
                "which goes on with it, or %(prune)s --builds."
            )
            command = f"manage.py es_rebuild {definition.name}"
        elif build.created_at < timezone.now() - UNSWAPPED:
            text = _(
                "The build %(name)s waits for its swap, and gets each change: run %(command)s, "
                "or %(prune)s --builds."
            )
            command = f"manage.py es_swap_alias {definition.name} --to {build.name}"
        else:
            continue
        yield text % {"name": build.name, "command": command, "prune": prune}
    failed = [g for g in idle if g.role == Generation.Role.FAILED and g.name in existing]
    if failed:
        text = ngettext(
            "%(count)d failed build takes room (%(name)s: %(error)s): run %(command)s.",
            "%(count)d failed builds take room (the last, %(name)s: %(error)s): run %(command)s.",
            len(failed),
        )
        values = {"count": len(failed), "name": failed[0].name, "command": prune}
        yield text % (values | {"error": failed[0].error.rstrip(".") or "?"})


def _of_unknown(
    definition: IndexDefinition,
    holders: tuple[LiveIndex, ...],
    generations: Sequence[Generation],
    existing: Collection[str],
) -> Iterator[str]:
    """Tell of what looks like a generation and is in no table: nobody would ever delete it."""
    known = {generation.name for generation in generations} | {index.name for index in holders}
    unknown = [
        name
        for name in sorted(existing)
        if is_generation_name(definition.alias, name) and name not in known
    ]
    # One that is being created is not registered yet.
    if unknown and not running_rebuild(definition):
        text = ngettext(
            "%(count)d index looks like a generation and is in no table (%(name)s): if it is "
            "yours, run %(command)s.",
            "%(count)d indices look like generations and are in no table (the last, %(name)s): if "
            "they are yours, run %(command)s.",
            len(unknown),
        )
        name = unknown[-1]
        command = f"manage.py es_delete {name}"
        yield text % {"count": len(unknown), "name": name, "command": command}


def _of_outbox(outbox: OutboxStatus) -> Iterator[str]:
    if outbox.is_late(timezone.now()):
        text = ngettext(
            "%(count)d change waits, the oldest for %(minutes)d min: run %(command)s.",
            "%(count)d changes wait, the oldest for %(minutes)d min: run %(command)s.",
            outbox.waiting,
        )
        assert outbox.oldest is not None  # noqa: S101 (late is what is old)
        minutes = int((timezone.now() - outbox.oldest).total_seconds() // 60)
        yield text % {
            "count": outbox.waiting,
            "minutes": minutes,
            "command": "manage.py es_drain --forever",
        }
    if outbox.parked:
        text = ngettext(
            "%(count)d change was given up after its document was refused again and again.",
            "%(count)d changes were given up after their documents were refused again and again.",
            outbox.parked,
        )
        yield text % {"count": outbox.parked}


def _drift(drift: int) -> str:
    count = abs(drift)
    if drift < 0:
        text = ngettext(
            "%(count)d document is missing: run %%(command)s.",
            "%(count)d documents are missing: run %%(command)s.",
            count,
        )
    else:
        text = ngettext(
            "%(count)d document has no row in the database: run %%(command)s.",
            "%(count)d documents have no row in the database: run %%(command)s.",
            count,
        )
    return text % {"count": count}
