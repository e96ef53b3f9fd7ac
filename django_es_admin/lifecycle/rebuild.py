"""Build a new generation of an index and make it live."""

from dataclasses import dataclass

from ..backends.health import Deadline
from ..conf import get_options
from ..exceptions import ElasticsearchAdminError, LoadFailed, OperationRefused
from ..indices.definition import IndexDefinition
from ..indices.live import read_indices
from ..models import Generation
from ..outbox.write import objects
from .adopt import adopt
from .create import create_generation
from .generations import mark_failed
from .load import LoadResult, load
from .progress import OnProgress, Progress, ignore
from .refusals import find_refusals
from .settle import settle
from .swap import SwapResult, plan_swap, swap_alias


@dataclass(frozen=True)
class RebuildPlan:
    """What ``rebuild`` will do.

    Args:
        source: the generation that is live now; None if there is none.
        rows: objects to load.
        refusals: why it cannot be done, empty if it can.
    """

    definition: IndexDefinition
    source: str | None
    rows: int
    refusals: tuple[str, ...]


@dataclass(frozen=True)
class RebuildResult:
    """What ``rebuild`` did."""

    index: str
    load: LoadResult
    swap: SwapResult


def plan_rebuild(definition: IndexDefinition) -> RebuildPlan:
    """Return the plan of :func:`rebuild`.

    Raises:
        ElasticsearchAdminError: Elasticsearch cannot be asked.
    """
    live = read_indices(definition.connection, Deadline(get_options().operation_timeout))
    refusals = find_refusals(definition, live)
    if definition.document is None:
        refusals.append(
            f"The index {definition.name} has no document to load it from: register one, "
            f"or fill the index yourself."
        )
    holders = live.holders(definition.alias)
    return RebuildPlan(
        definition=definition,
        source=holders[0].name if holders else None,
        rows=objects(definition).count() if definition.document else 0,
        refusals=tuple(refusals),
    )


def rebuild(plan: RebuildPlan, on_progress: OnProgress = ignore) -> RebuildResult:
    """Create a generation, load it, swap the alias to it; the old one is kept.

    Raises:
        OperationRefused: the plan has refusals, or the swap had.
        LoadFailed: some documents could not be indexed; the old generation stays live.
        ElasticsearchAdminError: Elasticsearch did not do a step; the old generation stays live.
    """
    if plan.refusals:
        raise OperationRefused(" ".join(plan.refusals))
    definition = plan.definition
    on_progress(Progress(definition.name, "create"))
    # The live generation may be of other hands; from here on it gets its changes, too.
    adopt(definition)
    generation = create_generation(definition)
    try:
        return _fill(definition, generation, on_progress)
    except ElasticsearchAdminError as error:
        mark_failed(generation, str(error))
        raise
    except BaseException as error:
        # Also Ctrl-C: a build that nobody goes on with must not look like one that runs.
        mark_failed(generation, f"interrupted ({type(error).__name__})")
        raise


def _fill(
    definition: IndexDefinition, generation: Generation, on_progress: OnProgress
) -> RebuildResult:
    loaded = load(definition, generation, on_progress)
    if loaded.failed:
        first = loaded.errors[0]
        raise LoadFailed(
            f"{loaded.failed} of {loaded.rows} documents of {definition.name} could not be "
            f"indexed, so that the live index was left as it is. The first: object {first.key}: "
            f"{first.message}",
            generation=generation.name,
            rows=loaded.rows,
            failed=loaded.failed,
            failures=tuple((error.key, error.message) for error in loaded.errors),
        )
    on_progress(Progress(definition.name, "settle"))
    settle(definition, generation)
    on_progress(Progress(definition.name, "swap"))
    swapped = swap_alias(plan_swap(definition, generation.name))
    return RebuildResult(definition.name, loaded, swapped)
