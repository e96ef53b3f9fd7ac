"""Find the problems of an index."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from django.utils import timezone

from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndex
from ..models import Generation, Operation
from ..operations.running import now_of
from ..outbox.rows.status import OutboxStatus
from .block_problems import problems_of_blocks, problems_of_left_block
from .former import Former
from .generation_problems import (
    problems_of_adoption,
    problems_of_builds,
    problems_of_standbys,
    problems_of_unknown,
    problems_of_write_aliases,
    written_generations,
)
from .ownership import Ownership
from .problem import Mend, Problem
from .synonyms import SynonymsBehind

FEW = 1_000
SHARE = 0.1
"""The number and the share of documents up to which writing them is less work than a rebuild."""

_BY_REBUILDS = ("create", "rebuild", "swap", "complete")
"""The actions that a running rebuild does itself, or that are refused while it is running."""

_RETRY = Mend("drain", "--retry", {"again": "1"})


_UNKNOWN = Ownership()


def find_problems(
    definition: IndexDefinition,
    *,
    holders: tuple[LiveIndex, ...],
    physical: bool,
    drift: int,
    differences: int,
    outbox: OutboxStatus,
    generations: Sequence[Generation],
    behind: Collection[str],
    existing: Collection[str],
    unwritable: Collection[str] = (),
    ownership: Ownership = _UNKNOWN,
    former: Former | None = None,
    documents: int | None = None,
    rows: int | None = None,
    rebuilding: Operation | None = None,
    unattended: Operation | None = None,
    triggers: tuple[int, int] = (0, 0),
    synonyms: Sequence[SynonymsBehind] = (),
    blocked: str = "",
    registered: Sequence[LiveIndex] = (),
) -> tuple[Problem, ...]:
    """Return the problems of a declared index on a connection that answers.

    Args:
        holders: the physical indices with its alias.
        physical: whether the alias is the name of a physical index.
        drift: how many more documents than rows there are, below 0 for missing ones.
        differences: the number of fields whose mapping differs.
        outbox: the status of its outbox.
        generations: the registered generations.
        behind: the names of the generations that lack documents they refused.
        existing: the names of the existing physical indices.
        unwritable: the names of the generations without a write alias.
        ownership: the owners of the indices.
        former: if no index has the alias, the generation it belongs to.
        documents: the number of documents; None if unknown.
        rows: the number of objects that belong in the index; None if unknown.
        rebuilding: the running or queued rebuild.
        unattended: an operation that no worker has started.
        triggers: the number of missing triggers, and of old triggers.
        blocked: the physical index that a killed rebuild left blocked for writes; "" if none.
        registered: the physical indices of the index: with its alias or name, or registered.
        synonyms: the synonym sets in Elasticsearch that differ from the rows.
    """
    searched = [holder.name for holder in holders] or [definition.alias] * physical
    ours = [name for name in existing if not ownership.is_foreign(name)]
    written = [*searched, *written_generations(generations)] if definition.document else []
    found = [
        *_of_triggers(*triggers),
        *_of_queue(unattended),
        *problems_of_left_block(definition, blocked),
        *problems_of_blocks(registered, searched=searched, written=written, left=blocked),
        *_of_outbox(outbox),
        *problems_of_builds(
            definition, holders, generations, behind=behind, existing=existing, running=rebuilding
        ),
        *problems_of_standbys(holders, generations, behind),
        *problems_of_unknown(definition, holders, generations, ours, rebuilding),
        *problems_of_write_aliases(generations, unwritable),
        *ownership.problems(definition, searched, written_generations(generations)),
    ]

    sound = len(holders) == 1 and holders[0].open and holders[0].health != "red"

    def hindered(*problems: Problem) -> tuple[Problem, ...]:
        safe = problems if sound else map(_without_deletions, problems)
        return tuple(_hindered(each, definition, rebuilding) for each in safe)

    if not holders:
        missing = (
            _lost(definition, former, documents, rows, late=bool(outbox.waiting or outbox.parked))
            if former
            else _missing(definition, physical=physical)
        )
        # The first thing to do is to swap to the waiting build, and not another rebuild.
        rest = [p for p in found if p.kind != "build-waits" or not former]
        return hindered(missing, *rest)
    if any(ownership.is_foreign(name) for name in searched):
        # The index belongs to another site, so it must not be changed from here.
        return hindered(*_of_holders(holders), *found)
    adoption = problems_of_adoption(definition, holders, generations, rebuilding, ownership)
    found = [*_of_holders(holders), *adoption, *found]
    if drift:
        kind = "documents-missing" if drift < 0 else "documents-surplus"
        mends = _of_drift(definition, drift, outbox, rows)
        found.append(Problem(kind, {"count": abs(drift)}, "error", mends))
    if differences:
        found.append(Problem("mapping", {"count": differences}, mends=(_rebuild(definition),)))
    found += _of_synonyms(definition, synonyms)
    if outbox.refused:
        facts = {"count": outbox.refused}
        found.append(Problem("refused", facts, "error", (_rebuild(definition),)))
    return hindered(*found)


def _without_deletions(problem: Problem) -> Problem:
    """Do not offer to delete what may be the last copy; a build that was never complete is none."""
    if problem.is_of_scrap:
        return problem
    mends = tuple(m for m in problem.mends if m.verb not in ("prune", "delete_generation"))
    return replace(problem, mends=mends)


def _of_triggers(missing: int, old: int) -> Iterator[Problem]:
    if missing:
        yield Problem("triggers-missing", {"count": missing}, "error")
    if old:
        yield Problem("triggers-old", {"count": old})


def _of_synonyms(
    definition: IndexDefinition, synonyms: Sequence[SynonymsBehind]
) -> Iterator[Problem]:
    for one in synonyms:
        if one.built_in:
            yield Problem("synonyms-built-in", {"name": one.name}, mends=(_rebuild(definition),))
        else:
            facts = {"name": one.name, "count": one.count}
            yield Problem("synonyms-behind", facts, mends=(Mend("synonyms", definition.name),))


def _of_queue(unattended: Operation | None) -> Iterator[Problem]:
    """Yield a problem if an operation waits, but there is no worker."""
    if unattended is not None:
        since = now_of(unattended) - unattended.created_at
        facts = {
            "operation": unattended.get_kind_display(),
            "who": unattended.who,
            "count": max(int(since.total_seconds() // 60), 1),
        }
        yield Problem("queued", facts)


def _hindered(
    problem: Problem, definition: IndexDefinition, rebuilding: Operation | None
) -> Problem:
    """Add the obstacle to a problem that cannot be solved now."""
    if not problem.mends:
        return problem
    if definition.connection.readonly:
        return replace(problem, obstacle="read-only")
    if rebuilding and problem.mends[0].verb in _BY_REBUILDS:
        return replace(problem, obstacle="rebuild")
    return problem


def _of_drift(
    definition: IndexDefinition, drift: int, outbox: OutboxStatus, rows: int | None
) -> tuple[Mend, ...]:
    """Return what solves missing documents, or documents without a row."""
    differing = abs(drift)
    if outbox.waiting >= differing:
        return (Mend("drain"),)
    if drift < 0 and outbox.parked:
        # A rebuild would be refused because of parked changes, however many documents are missing.
        return (_RETRY,)
    if differing <= min(FEW, SHARE * (rows or 0) + 1):
        return (Mend("complete", f"{definition.name} --repair"), _rebuild(definition))
    return (_rebuild(definition),)


def problems_of_outbox(outbox: OutboxStatus) -> tuple[Problem, ...]:
    """Return the problems that the database knows if the connection does not answer.

    They need no action: the changes are written as soon as the connection answers.
    """
    return tuple(replace(problem, mends=()) for problem in _of_outbox(outbox))


def problems_without_database(
    definition: IndexDefinition, holders: tuple[LiveIndex, ...]
) -> tuple[Problem, ...]:
    """Return the problems that the connection knows if the database does not answer."""
    silent = Problem("database-silent", {"name": definition.database}, "error")
    searched = [holder.name for holder in holders]
    written = searched if definition.document else []
    blocks = problems_of_blocks(holders, searched=searched, written=written)
    return (silent, *(_of_holders(holders) if holders else ()), *blocks)


def _rebuild(definition: IndexDefinition) -> Mend:
    return Mend("rebuild" if definition.document else "create", definition.name)


def _missing(definition: IndexDefinition, *, physical: bool) -> Problem:
    if not physical:
        return Problem("missing", level="error", mends=(_rebuild(definition),))
    facts = {"alias": definition.alias}
    if definition.document is None:
        return Problem("physical-unmanaged", facts, "error")
    return Problem("physical", facts, "error", (_rebuild(definition),))


def _lost(
    definition: IndexDefinition,
    former: Former,
    documents: int | None,
    rows: int | None,
    *,
    late: bool,
) -> Problem:
    """Yield a problem if no index has the alias, but its generation exists."""
    facts = {"name": former.name}
    if not former.usable:
        return Problem("former-red" if former.open else "former-closed", facts, "error")
    mend = Mend("swap", f"{definition.name} --to {former.name}", {"to": former.name})
    if former.role == Generation.Role.BUILDING:
        return Problem("build-only", facts, "error", (mend,))
    kind = "alias-gone" if former.role == Generation.Role.LIVE else "live-gone"
    if documents is None:
        return Problem(f"{kind}-uncounted", facts, "error", (mend,))
    if kind == "alias-gone":
        if late:
            kind = "alias-gone-late"
        elif rows is not None and rows != documents:
            return Problem(
                "alias-gone-differs", {**facts, "count": documents, "rows": rows}, "error", (mend,)
            )
    return Problem(kind, {**facts, "count": documents}, "error", (mend,))


def _of_holders(holders: tuple[LiveIndex, ...]) -> Iterator[Problem]:
    if len(holders) > 1:
        names = ", ".join(holder.name for holder in holders)
        yield Problem("several-holders", {"names": names}, "error")
    if not holders[0].open:
        yield Problem("closed", level="error")
    if holders[0].health == "red":
        yield Problem("red", level="error")


def _of_outbox(outbox: OutboxStatus) -> Iterator[Problem]:
    if outbox.is_late(timezone.now()):
        assert outbox.untried is not None  # noqa: S101 (late is what is old)
        minutes = int((timezone.now() - outbox.untried).total_seconds() // 60)
        facts = {"count": outbox.waiting - outbox.failing, "minutes": minutes}
        yield Problem("outbox-late", facts, "error", (Mend("drain", "--forever"),))
    if outbox.failing:
        yield Problem("outbox-refused", {"count": outbox.failing}, "error")
    if outbox.parked:
        yield Problem("outbox-parked", {"count": outbox.parked}, "error", (_RETRY,))
