"""Go back to the generation that was live before, which has got every change since."""

from dataclasses import replace

from django.utils.translation import gettext as _

from ..indices.definition import IndexDefinition
from ..models import Generation, Operation
from ..operations.progress import OnProgress, ignore
from ..said import Said
from .aliases.swap_plan import SwapPlan, plan_swap
from .generations.table import generations_of
from .swap import SwapResult, swap_alias


def plan_rollback(definition: IndexDefinition) -> SwapPlan:
    """Return the plan of :func:`roll_back`: a swap to the standby.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    standby = generations_of(definition).filter(role=Generation.Role.STANDBY).first()
    if standby is not None:
        found = plan_swap(definition, standby.name, min_ratio=0)
        if definition.document:
            return found
        text = _(
            "%(name)s has no document, so %(standby)s got no change since it was live: what was "
            "written since then is missing in it."
        )
        warning = Said(text, {"name": definition.name, "standby": standby.name})
        return replace(found, warnings=(*found.warnings, warning))
    plan = plan_swap(definition)
    text = _(
        "The index %(name)s has no standby to roll back to: the previous generation was "
        "deleted, or there was none."
    )
    return SwapPlan(
        definition=definition,
        source=plan.source,
        target="",
        documents_before=None,
        documents_after=None,
        refused=0,
        differences=(),
        actions=(),
        refusals=(Said(text, {"name": definition.name}),),
    )


def roll_back(plan: SwapPlan, *, on_progress: OnProgress = ignore) -> SwapResult:
    """Swap to the standby; what is live now becomes the standby.

    Raises:
        OperationRefused: the plan has refusals, or the alias was moved since.
        ElasticsearchAdminError: a request failed.
    """
    return swap_alias(plan, kind=Operation.Kind.ROLLBACK, on_progress=on_progress)
