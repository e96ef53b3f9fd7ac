"""What is wrong with an index, each as a sentence that says what mends it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndex
from ..models import Generation
from ..outbox.status import OutboxStatus

UNFINISHED = timedelta(hours=1)


def find_problems(
    definition: IndexDefinition,
    *,
    holders: tuple[LiveIndex, ...],
    physical: bool,
    drift: int,
    differences: int,
    outbox: OutboxStatus,
    generations: Sequence[Generation],
) -> tuple[str, ...]:
    """Return what is wrong with a declared index on a connection that answers.

    Args:
        holders: the physical indices that hold its alias.
        physical: whether the alias is the name of a physical index.
        drift: documents in the index beyond the rows of the database; below 0 for missing ones.
        differences: number of fields in which the mapping differs.
        outbox: its changes that wait.
        generations: those that are registered.
    """
    found = [*_of_outbox(outbox), *_of_builds(definition, generations)]
    if not holders:
        return (_missing(definition, physical=physical), *found)
    known = {generation.name for generation in generations}
    found = [*_of_holders(holders), *_of_adoption(definition, holders, known), *found]
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
        text = _("%(alias)s is a physical index, not an alias: move it away.")
        return text % {"alias": definition.alias}
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
    definition: IndexDefinition, holders: tuple[LiveIndex, ...], known: set[str]
) -> Iterator[str]:
    if definition.document is None:
        return
    for name in sorted({holder.name for holder in holders} - known):
        yield (
            _("Changes are not written to %(name)s, which was made elsewhere: run %(command)s.")
            % {"name": name, "command": f"manage.py es_create {definition.name}"}
        )


def _of_builds(definition: IndexDefinition, generations: Sequence[Generation]) -> Iterator[str]:
    """Tell of builds that nobody seems to go on with: each change is written to them, too."""
    if definition.document is None:
        return
    old = timezone.now() - UNFINISHED
    for build in generations:
        if build.role != Generation.Role.BUILDING or build.created_at >= old:
            continue
        text = _(
            "The build of %(name)s was begun %(hours)d h ago: if no rebuild runs, run %(command)s."
        )
        hours = int((timezone.now() - build.created_at).total_seconds() // 3600)
        command = f"manage.py es_delete {build.name}"
        yield text % {"name": build.name, "hours": hours, "command": command}


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
