"""Create an index that does not exist yet: its first, empty generation with its aliases."""

from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext as _

from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..counted import counted
from ..exceptions import OperationRefused
from ..indices.definition import IndexDefinition
from ..indices.live import count_documents, read_indices
from ..indices.names import new_generation_name
from ..models import Operation
from ..operations.patience import outlast
from ..operations.progress import Progress
from ..operations.recording import recording
from ..operations.refusals import find_name_refusals, find_refusals
from ..operations.running import explain_running, running_rebuild
from ..said import Said, together
from ..status.former import Former, find_former
from .generations.create import create_physical
from .generations.standby import keep_standby
from .generations.table import generations_of


@dataclass(frozen=True)
class CreatePlan:
    """The plan of ``create_index``.

    Args:
        generation: the name of the physical index. Its last part changes when the index is created.
        fields: the number of fields in the declared mapping.
        existing: the generation that is already live; None if there is none.
        refusals: why the operation cannot be done; empty if it can.
    """

    definition: IndexDefinition
    generation: str
    fields: int
    existing: str | None
    refusals: tuple[str, ...]
    former: Former | None = None
    """The generation that the alias belongs to if no index has it: the alias must be restored, not
    replaced."""


@dataclass(frozen=True)
class CreateResult:
    """The result of ``create_index``."""

    index: str
    alias: str
    generation: str


def plan_create(definition: IndexDefinition) -> CreatePlan:
    """Return the plan of :func:`create_index`."""
    deadline = Deadline(get_options().operation_timeout)
    live = read_indices(definition.connection, deadline)
    former = find_former(definition, live, generations_of(definition))
    refusals = [*find_refusals(definition, live), *find_name_refusals(definition, live)]
    holders = live.holders(definition.alias)
    if holders:
        text = _(
            "The index %(name)s exists already, as %(generation)s: "
            "use `manage.py es_rebuild %(name)s`."
        )
        page = _("The index %(name)s exists already, as %(generation)s.")
        values = {"name": definition.name, "generation": holders[0].name}
        refusals.append(Said(text, values, page=page, verb="rebuild"))
    if former:
        refusals.append(_explain_former(definition, former, deadline))
    if running := running_rebuild(definition):
        refusals.append(explain_running(running))
    return CreatePlan(
        definition=definition,
        generation=new_generation_name(definition.alias),
        fields=len(definition.mappings.get("properties", {})),
        existing=holders[0].name if holders else None,
        refusals=tuple(refusals),
        former=former,
    )


def _explain_former(definition: IndexDefinition, former: Former, deadline: Deadline) -> str:
    """Refuse to create an empty index if the existing generation only lost its alias."""
    found = count_documents(definition.connection, [former.name], deadline)[former.name]
    documents = counted(found, "document")
    text = _(
        "No index has the alias %(alias)s, but the index is not lost: %(generation)s, with "
        "%(documents)s, gets each change. Restore its alias: an empty index would take its "
        "place, and retire it."
    )
    values = {"alias": definition.alias, "generation": former.name, "documents": documents}
    return Said(text, values)


def create_index(plan: CreatePlan) -> CreateResult:
    """Create the first, empty generation of an index with its aliases.

    Raises:
        OperationRefused: the plan has refusals.
        ElasticsearchAdminError: a request failed.
    """
    definition = plan.definition
    # Since the plan was made, somebody may have started a rebuild, or removed the alias.
    refusals = plan.refusals or outlast(partial(plan_create, definition)).refusals
    if refusals:
        raise OperationRefused(together(refusals))
    aliases = {definition.alias: {}, **definition.aliases}
    with recording(definition, Operation.Kind.CREATE) as record:
        record.tell(Progress(definition.name, "create"))
        generation = create_physical(definition, dict(definition.settings), aliases)
        record.name(generation.name)
        outlast(partial(keep_standby, definition, generation.name, None))
    return CreateResult(definition.name, definition.alias, generation.name)
