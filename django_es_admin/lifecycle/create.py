"""Create a generation of an index, or the whole index where there is none yet."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ..backends.errors import translated
from ..backends.health import Deadline
from ..conf import get_options
from ..exceptions import OperationRefused
from ..indices.definition import IndexDefinition
from ..indices.live import read_indices
from ..indices.names import new_generation_name, write_alias
from ..models import Generation, Operation
from .generations import register
from .progress import Progress
from .recording import recording
from .refusals import find_name_refusals, find_refusals
from .standby import keep_standby

LOAD_SETTINGS: dict[str, Any] = {
    # Nobody searches a building generation; its segments and copies can wait until it is loaded.
    "refresh_interval": "-1",
    "number_of_replicas": 0,
    # Elasticsearch forgets a delete's version after this time, and a late write would revive it.
    "gc_deletes": "1h",
}


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


def create_index(plan: CreatePlan, *, who: str = "") -> CreateResult:
    """Create the first, empty generation of an index with its aliases.

    Args:
        who: the user; the account of this process if omitted.

    Raises:
        OperationRefused: the plan has refusals.
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    if plan.refusals:
        raise OperationRefused(" ".join(plan.refusals))
    definition = plan.definition
    aliases = {definition.alias: {}, **definition.aliases}
    with recording(definition, Operation.Kind.CREATE, who=who) as record:
        record.tell(Progress(definition.name, "create"))
        generation = _create(definition, dict(definition.settings), aliases)
        record.name(generation.name)
        keep_standby(definition, generation.name, None)
    return CreateResult(definition.name, definition.alias, generation.name)


def create_generation(definition: IndexDefinition) -> Generation:
    """Create an empty generation that nobody searches, set for loading, and register it.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    return _create(definition, {**definition.settings, **LOAD_SETTINGS}, {})


def _create(
    definition: IndexDefinition, settings: dict[str, Any], aliases: dict[str, Any]
) -> Generation:
    name = new_generation_name(definition.alias)
    client = definition.connection.client
    with translated(definition.connection):
        client.options(request_timeout=get_options().operation_timeout).indices.create(
            index=name,
            settings=settings,
            mappings=definition.mappings,
            aliases={write_alias(name): {"is_hidden": True}, **aliases},
        )
    # A change that is drained before this moment was committed before it, so that a load reads it.
    return register(definition, name)
