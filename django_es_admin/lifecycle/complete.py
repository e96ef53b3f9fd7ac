"""Write the documents that differ, if only a few are missing or have no object.

This compares the keys as before a swap, and adds an outbox row for each key that is on only one
side. A rebuild is not needed.
"""

from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext as _

from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..exceptions import OperationRefused
from ..indices.definition import IndexDefinition
from ..indices.live import count_documents, read_indices
from ..models import Operation
from ..operations.patience import patiently
from ..operations.progress import Progress
from ..operations.recording import recording
from ..operations.refusals import find_block_refusals, find_refusals
from ..operations.running import explain_running, running_rebuild
from ..outbox.rows.status import read_outboxes
from ..said import Said, together
from .build.gate import compare, repair
from .build.load import count_about
from .generations.table import generations_of


@dataclass(frozen=True)
class CompletePlan:
    """The plan of ``complete``.

    Args:
        generation: the live generation; "" if there is none.
        documents: the number of documents in it; None if they cannot be counted.
        rows: the approximate number of objects to compare them with.
        takes_long: whether a background task should do it, because it may take minutes.
        refusals: why the operation cannot be done; empty if it can.
    """

    definition: IndexDefinition
    generation: str
    documents: int | None
    rows: int
    takes_long: bool
    refusals: tuple[str, ...]


@dataclass(frozen=True)
class CompleteResult:
    """The result of ``complete``.

    Args:
        differed: the number of keys that were on only one side.
        written: those that no longer differ.
        left: those that still differ, because they were refused or changed in the meantime.
    """

    index: str
    differed: int
    written: int
    left: int


def plan_complete(definition: IndexDefinition) -> CompletePlan:
    """Return the plan of :func:`complete`.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    deadline = Deadline(get_options().operation_timeout)
    live = read_indices(definition.connection, deadline)
    refusals = find_refusals(definition, live)
    holders = live.holders(definition.alias)
    name = holders[0].name if holders else ""
    row = generations_of(definition).filter(name=name).first()
    if definition.document is None:
        text = _("The index %(name)s has no document, and so nothing to compare it with.")
        refusals.append(Said(text, {"name": definition.name}))
        return CompletePlan(definition, name, None, 0, False, tuple(refusals))
    if row is None:
        text = _("%(name)s has no live generation that gets changes: rebuild it.")
        refusals.append(Said(text, {"name": definition.name}, verb="rebuild"))
    if running := running_rebuild(definition):
        refusals.append(explain_running(running))
    refusals += find_block_refusals(live, [name], "read")
    known = [name] if name and holders[0].open else []
    counts = count_documents(definition.connection, known, deadline)
    documents, rows = counts.get(name), count_about(definition)
    much = get_options().inline_max_objects
    return CompletePlan(
        definition=definition,
        generation=name,
        documents=documents,
        rows=rows,
        takes_long=rows + (documents or 0) > 2 * much,
        refusals=tuple(refusals),
    )


def complete(plan: CompletePlan, *, queued: Operation | None = None) -> CompleteResult:
    """Compare the keys on both sides, and write the documents of those that are on only one side.

    Args:
        queued: the record of the operation, if it was queued.

    Raises:
        OperationRefused: the plan has refusals.
        OperationCancelled: the operation was cancelled; what was written stays.
        ElasticsearchAdminError: a request failed; the rows wait.
    """
    definition = plan.definition
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    with recording(
        definition, Operation.Kind.REINDEX, generation=plan.generation, queued=queued
    ) as record:
        generation = generations_of(definition).get(name=plan.generation)

        def seen(done: int = 0) -> None:
            record.tell(Progress(definition.name, "gate", done, plan.rows + (plan.documents or 0)))

        seen()
        found = patiently(partial(compare, definition, generation, seen), seen)
        left: frozenset[str] = frozenset()
        if found.keys:

            def told() -> None:
                record.tell(Progress(definition.name, "drain", 0, len(found.keys)))

            told()
            left = patiently(partial(repair, definition, generation, found.keys, told), told)
        outbox = read_outboxes(definition.database, [definition])
        figures = outbox[definition.using, definition.name]
        result = CompleteResult(
            definition.name, len(found.keys), len(found.keys) - len(left), len(left)
        )
        record.operation.details |= {
            "differed": result.differed,
            "written": result.written,
            "left": result.left,
            "refused": figures.failing + figures.parked,
            "more": found.more,
        }
    return result
