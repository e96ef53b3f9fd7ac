"""The preview of a swap as an operation, which shows progress and keeps its result."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from ...exceptions import ElasticsearchAdminError, OperationRefused
from ...indices.definition import IndexDefinition
from ...lifecycle.background import let_do
from ...models import Operation
from ...operations.progress import OnProgress, Progress, ignore
from ...operations.recording import enqueue, recording
from ...said import Said, said_by, together
from ..ask import index_to_ask
from ..compared import kept
from .preview import SEARCHES, SECONDS, Preview, newest, preview

AT_ONCE_SECONDS = 10.0
"""The time limit of a preview within a request, if there are no background tasks."""


@dataclass(frozen=True)
class PreviewPlan:
    """The plan of ``run_preview``.

    Args:
        live: the live generation; "" if unknown.
        generation: the generation to compare with it; "" if unknown.
        searches: the maximum number of logged searches to send.
        seconds: the time for all requests together; searches without an answer by then are
            left out.
        refusals: why the operation cannot be done; empty if it can.
    """

    definition: IndexDefinition
    live: str
    generation: str
    searches: int
    seconds: float
    refusals: tuple[str, ...]


def plan_preview(
    definition: IndexDefinition, generation: str = "", *, seconds: float = SECONDS
) -> PreviewPlan:
    """Return the plan of :func:`run_preview`.

    Args:
        generation: the generation that would become live; "" for the newest that is not live.
        seconds: the time for all requests together; searches without an answer by then are
            left out.
    """
    live = target = ""
    refusals: list[str] = []
    if definition.document is None:
        text = _("The index %(name)s has no document, so no search of the site uses it.")
        refusals.append(Said(text, {"name": definition.name}))
    else:
        try:
            target = index_to_ask(definition, generation) if generation else newest(definition)
            live = index_to_ask(definition, "")
        except ElasticsearchAdminError as error:
            refusals.append(said_by(error))
        if live and live == target:
            text = _("%(name)s is live: there is nothing to compare it with.")
            refusals.append(Said(text, {"name": live}))
    return PreviewPlan(definition, live, target, SEARCHES, seconds, tuple(refusals))


def run_preview(
    plan: PreviewPlan, *, queued: Operation | None = None, on_progress: OnProgress = ignore
) -> Preview:
    """Send the searches to both generations, and store the differences in the operation's record.

    Args:
        queued: the record of the operation, if it was queued.

    Raises:
        OperationRefused: the plan has refusals.
        OperationCancelled: the operation was cancelled.
        ElasticsearchAdminError: a request failed.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    definition = plan.definition
    with recording(
        definition,
        Operation.Kind.PREVIEW,
        generation=plan.generation,
        details={"source": plan.live},
        on_progress=on_progress,
        queued=queued,
    ) as record:
        # A user may cancel before the first answer.
        record.tell(Progress(definition.name, "preview", 0))

        def tell(done: int, total: int) -> None:
            record.tell(Progress(definition.name, "preview", done, total))

        result = preview(
            definition,
            plan.generation,
            searches=plan.searches,
            seconds=plan.seconds,
            on_batch=tell,
        )
        tell(result.asked, result.asked + result.left_out)
        record.operation.details |= {"source": result.live, "preview": kept(result)}
    return result


def queue_preview(plan: PreviewPlan) -> Operation:
    """Create the record of a preview for a background task.

    Raises:
        OperationRefused: the plan has refusals.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    details = {"target": plan.generation, "seconds": plan.seconds}
    return enqueue(plan.definition, Operation.Kind.PREVIEW, details=details)


def _do(definition: IndexDefinition, row: Operation) -> str:
    plan = plan_preview(definition, row.details["target"], seconds=row.details["seconds"])
    return run_preview(plan, queued=row).generation


let_do(Operation.Kind.PREVIEW, _do)
