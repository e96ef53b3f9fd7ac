"""Create an index where there is none yet: its first, empty generation with its aliases."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..exceptions import OperationRefused
from ..indices.definition import IndexDefinition
from ..indices.live import read_indices
from ..indices.names import new_generation_name
from ..models import Operation
from ..operations.progress import Progress
from ..operations.recording import recording
from ..operations.refusals import find_name_refusals, find_refusals
from .generations.create import create_physical
from .generations.standby import keep_standby


@dataclass(frozen=True)
class CreatePlan:
    """What ``create_index`` will do.

    Args:
        generation: name of the physical index; its end is drawn anew when it is created.
        fields: number of fields of the declared mapping.
        existing: the generation that is live already; None if there is none.
        refusals: why it cannot be done, empty if it can.
    """

    definition: IndexDefinition
    generation: str
    fields: int
    existing: str | None
    refusals: tuple[str, ...]


@dataclass(frozen=True)
class CreateResult:
    """What ``create_index`` did."""

    index: str
    alias: str
    generation: str


def plan_create(definition: IndexDefinition) -> CreatePlan:
    """Return the plan of :func:`create_index`."""
    live = read_indices(definition.connection, Deadline(get_options().operation_timeout))
    refusals = [*find_refusals(definition, live), *find_name_refusals(definition, live)]
    holders = live.holders(definition.alias)
    if holders:
        refusals.append(
            _(
                "The index %(name)s exists already, as %(generation)s: "
                "use `manage.py es_rebuild %(name)s`."
            )
            % {"name": definition.name, "generation": holders[0].name}
        )
    return CreatePlan(
        definition=definition,
        generation=new_generation_name(definition.alias),
        fields=len(definition.mappings.get("properties", {})),
        existing=holders[0].name if holders else None,
        refusals=tuple(refusals),
    )


def create_index(plan: CreatePlan) -> CreateResult:
    """Create the first, empty generation of an index with its aliases.

    Raises:
        OperationRefused: the plan has refusals.
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    if plan.refusals:
        raise OperationRefused(" ".join(plan.refusals))
    definition = plan.definition
    aliases = {definition.alias: {}, **definition.aliases}
    with recording(definition, Operation.Kind.CREATE) as record:
        record.tell(Progress(definition.name, "create"))
        generation = create_physical(definition, dict(definition.settings), aliases)
        record.name(generation.name)
        keep_standby(definition, generation.name, None)
    return CreateResult(definition.name, definition.alias, generation.name)
