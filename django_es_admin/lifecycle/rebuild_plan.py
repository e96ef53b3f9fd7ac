"""The plan of a rebuild, which another process or a person may check first."""

import os
from dataclasses import dataclass

from django.db import connections
from django.utils.translation import gettext as _

from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndices, count_documents, read_indices
from ..indices.templates import find_template_warnings
from ..models import Operation
from ..operations.refusals import find_block_refusals, find_refusals
from ..operations.running import explain_running, running_rebuild
from ..said import Said
from .aliases.alias_actions import foreign_aliases, kept_properties
from .build.copying import can_resume_copy, find_left_block
from .build.judged import the_judge
from .build.load import count_about
from .build.takeover import dead_build_judges, find_dead_build
from .generations.owner import find_owner_refusals
from .generations.table import generations_of
from .swap import SECONDS_FOR_SHARDS

MOST_WORKERS = 4
"""The maximum number of processes on one machine that load an index by default."""


@dataclass(frozen=True)
class RebuildPlan:
    """The plan of ``rebuild``.

    Args:
        source: the generation that is live now; None if there is none.
        concrete: whether the source is a physical index with the name of the alias, which is
            deleted by the swap, so that there is no rollback.
        resumes: the generation of a killed rebuild that is resumed; "" if there is none.
        rows: the approximate number of objects to load.
        swap: whether to make the new generation live.
        wait: how long to wait for the shards, in seconds.
        refusals: why the operation cannot be done; empty if it can.
        warnings: what users should know before they confirm.
        foreign: whether to take over an index that another database owns.
        workers: how many processes load the generation. rate: the maximum number of objects per
            second, of all processes together; None for no limit.
        judge: the lowest nDCG@10 of judged searches with which the generation may become live. It
            may not be below that of the live generation, either. None to judge nothing.
        block: whether writes to the live generation are blocked while it is copied, which is done
            for an index without a document.
    """

    definition: IndexDefinition
    source: str | None
    concrete: bool
    resumes: str
    rows: int
    swap: bool
    wait: float
    refusals: tuple[str, ...]
    warnings: tuple[str, ...]
    foreign: bool = False
    workers: int = 1
    rate: float | None = None
    judge: float | None = None
    block: bool = False

    @property
    def copies(self) -> bool:
        """Whether there is no document, so that Elasticsearch copies the live generation."""
        return self.definition.document is None


def plan_rebuild(
    definition: IndexDefinition,
    *,
    swap: bool = True,
    wait: float = SECONDS_FOR_SHARDS,
    queued: Operation | None = None,
    foreign: bool = False,
    workers: int | None = None,
    rate: float | None = None,
    judge: float | None = None,
    block: bool = False,
) -> RebuildPlan:
    """Return the plan of :func:`~.rebuild.rebuild`.

    Args:
        swap: False to leave the swap to ``es_swap_alias``.
        wait: how long to wait for the shards, in seconds.
        queued: the record of the operation that is planned, if it was made before.
        foreign: take over an index that another database owns.
        workers: how many processes load the generation; by default, as many as are useful on this
            machine.
        rate: the maximum number of objects per second.
        judge: the lowest nDCG@10 with which the generation may become live; None to judge nothing.
            A resumed rebuild keeps its own value.
        block: block writes to the live generation while it is copied.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    deadline = Deadline(get_options().operation_timeout)
    live = read_indices(definition.connection, deadline)
    source = _source(definition, live)
    refusals = find_refusals(definition, live)
    dead = find_dead_build(definition)
    resumes = dead.name if dead and dead.name in live.by_name else ""
    # Only somebody's hand removes them; found at the swap, all else would be in vain.
    moved = [name for name in (source, resumes) if name and swap]
    refusals += find_block_refusals(live, moved, "change")
    if judge is None and dead and resumes:
        judge = dead_build_judges(definition, dead)
    if judge is not None and definition.document and (why := the_judge().find_refusal(definition)):
        refusals.append(why)
    elif judge is not None and definition.document is None:
        text = _("The index %(name)s has no document, so no judged search can be sent to it.")
        refusals.append(Said(text, {"name": definition.name}))
    copied = definition.document is None
    if copied:
        block = block or bool(find_left_block(definition, source))
        if not can_resume_copy(definition, resumes, source, block=block):
            resumes = ""
    if not foreign:
        names = [name for name in (source, resumes) if name]
        refusals += find_owner_refusals(definition, names, deadline, adopted=True)
    if copied and source is None:
        text = _(
            "The index %(name)s has no document to load it from, and nothing is live that "
            "could be copied: register a document, or create the index and fill it yourself."
        )
        refusals.append(Said(text, {"name": definition.name}))
    elif block and not copied:
        text = _(
            "--block-writes is for an index without a document. A rebuild of %(name)s loses "
            "no change."
        )
        refusals.append(Said(text, {"name": definition.name}))
    elif (running := running_rebuild(definition)) and running != queued:
        refusals.append(explain_running(running))
    return RebuildPlan(
        definition=definition,
        source=source,
        concrete=source == definition.alias,
        resumes=resumes,
        rows=_count_documents(definition, source, deadline) if copied else count_about(definition),
        swap=swap,
        wait=wait,
        refusals=tuple(refusals),
        warnings=(
            *_adoption_warnings(definition, source),
            *(_alias_warnings(definition, live) if swap else ()),
            *find_template_warnings(definition, live, deadline),
            *([] if block or not copied else [_explain_unblocked(definition)]),
        ),
        foreign=foreign,
        workers=workers or (1 if copied else default_workers(definition)),
        rate=rate,
        judge=judge,
        block=block,
    )


def _count_documents(definition: IndexDefinition, source: str | None, deadline: Deadline) -> int:
    if source is None:
        return 0
    return count_documents(definition.connection, [source], deadline)[source] or 0


def _explain_unblocked(definition: IndexDefinition) -> str:
    text = _(
        "%(name)s has no document, so Elasticsearch copies what is live. What is written to it "
        "during the copy is missing afterwards: stop what writes there, or block writes "
        "(--block-writes)."
    )
    page = _(
        "%(name)s has no document, so Elasticsearch copies what is live. What is written to it "
        "during the copy is missing afterwards: stop what writes there, or block writes."
    )
    return Said(text, {"name": definition.name}, page=page)


def default_workers(definition: IndexDefinition) -> int:
    """Return how many processes are useful on this machine: half of its cores, four at most.

    The database and Elasticsearch need the other cores, and four processes can keep them busy.
    SQLite allows only one writer at a time.
    """
    if connections[definition.database].vendor == "sqlite":
        return 1
    return min(max((os.cpu_count() or 1) // 2, 1), MOST_WORKERS)


def _source(definition: IndexDefinition, live: LiveIndices) -> str | None:
    if definition.alias in live.by_name:
        return definition.alias
    return next((index.name for index in live.holders(definition.alias)), None)


def _alias_warnings(definition: IndexDefinition, live: LiveIndices) -> list[str]:
    """Return warnings about the aliases that the swap keeps as they are, or does not move."""
    holders = live.holders(definition.alias)
    return [*kept_properties(definition, holders), *foreign_aliases(definition, holders)]


def _adoption_warnings(definition: IndexDefinition, source: str | None) -> list[str]:
    if source is None or generations_of(definition).filter(name=source).exists():
        return []
    text = _(
        "django-es-admin did not create %(source)s. From now on it receives each change; "
        "earlier changes may be missing there until the swap."
    )
    return [Said(text, {"source": source})]
