"""Make written documents searchable immediately."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..backends.errors import translated
from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..exceptions import OperationRefused
from ..indices.definition import IndexDefinition
from ..indices.live import read_indices
from ..models import Operation
from ..operations.progress import Progress
from ..operations.recording import recording
from ..operations.refusals import find_readonly_refusals
from ..said import Said, together


@dataclass(frozen=True)
class RefreshPlan:
    """The plan of ``refresh``.

    Args:
        generation: the live generation; "" if there is none.
        refusals: why the operation cannot be done; empty if it can.
    """

    definition: IndexDefinition
    generation: str
    refusals: tuple[str, ...]


def plan_refresh(definition: IndexDefinition) -> RefreshPlan:
    """Return the plan of :func:`refresh`.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    live = read_indices(definition.connection, Deadline(get_options().operation_timeout))
    holders = live.holders(definition.alias)
    refusals = find_readonly_refusals(definition)
    if not holders:
        text = _("No index has the alias of %(name)s, so nothing can be searched there.")
        refusals.append(Said(text, {"name": definition.name}))
    elif not all(holder.open for holder in holders):
        text = _("The index %(name)s is closed: open it first.")
        refusals.append(Said(text, {"name": definition.name}))
    return RefreshPlan(definition, holders[0].name if holders else "", tuple(refusals))


def refresh(plan: RefreshPlan) -> None:
    """Refresh the live generation.

    Raises:
        OperationRefused: the plan has refusals.
        ElasticsearchAdminError: a request failed.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    definition = plan.definition
    kind = Operation.Kind.REFRESH
    with recording(definition, kind, generation=plan.generation) as record:
        record.tell(Progress(definition.name, "refresh"))
        with translated(definition.connection):
            client = definition.connection.client
            client.options(request_timeout=get_options().operation_timeout).indices.refresh(
                index=definition.alias
            )
