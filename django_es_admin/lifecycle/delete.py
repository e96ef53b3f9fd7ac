"""Delete an index with all its generations, or one generation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from django.utils.translation import gettext as _

from ..backends.errors import translated
from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..exceptions import IndexAmbiguous, IndexMissing, OperationRefused
from ..indices.definition import IndexDefinition, get_definitions
from ..indices.live import LiveIndices, count_documents, read_indices
from ..indices.names import is_generation_name
from ..models import Generation, Operation
from ..operations.patience import outlast
from ..operations.progress import Progress
from ..operations.recording import recording
from ..operations.refusals import find_block_refusals, find_readonly_refusals
from ..operations.running import explain_running, running_rebuild
from ..said import Said, together
from ..status.former import find_former
from .generations.owner import find_owner_refusals
from .generations.table import generations_of

_Role = Generation.Role


@dataclass(frozen=True)
class DeletePlan:
    """The plan of ``delete_index``.

    Args:
        name: the name to type as confirmation: that of the index or the generation.
        generations: the physical indices to delete -> their number of documents; None if unknown.
        refusals: why the operation cannot be done; empty if it can.
    """

    definition: IndexDefinition
    name: str
    generations: dict[str, int | None]
    refusals: tuple[str, ...]
    sizes: Mapping[str, int | None] = field(default_factory=dict)
    """The size of each one's primary shards in bytes; None if unknown."""


@dataclass(frozen=True)
class DeleteResult:
    """The result of ``delete_index``."""

    name: str
    generations: tuple[str, ...]


def plan_delete(name: str, connection: str | None = None) -> DeletePlan:
    """Return the plan to delete ``name``, a declared index or one generation of it.

    Raises:
        IndexMissing: there is no such index or generation.
        IndexAmbiguous: several connections may have it, and no connection is given.
        ElasticsearchAdminError: a request failed.
    """
    missing = IndexMissing(
        f"There is no index or generation {name!r}: see `manage.py es_status` for those there are."
    )
    definitions = [d for d in get_definitions(connection) if _concerns(d, name)]
    if not definitions:
        raise missing
    if len(definitions) > 1:
        aliases = ", ".join(definition.connection.alias for definition in definitions)
        raise IndexAmbiguous(
            f"Several connections have an index {name!r} ({aliases}): pass --connection."
        )
    plan = _plan(definitions[0], name)
    if not plan.generations:
        raise missing
    return plan


def _concerns(definition: IndexDefinition, name: str) -> bool:
    return name in (definition.name, definition.alias) or is_generation_name(definition.alias, name)


def _plan(definition: IndexDefinition, name: str) -> DeletePlan:
    deadline = Deadline(get_options().operation_timeout)
    live = read_indices(definition.connection, deadline)
    whole = name in (definition.name, definition.alias)
    doomed = _generations(definition, live) if whole else [name]
    existing = [index for index in doomed if index in live.by_name]
    refusals = [
        *find_readonly_refusals(definition),
        *find_owner_refusals(definition, existing, deadline),
        *find_block_refusals(live, existing, "change"),
    ]
    running = running_rebuild(definition)
    if running and (whole or running.generation == name):
        refusals.append(explain_running(running))
    if existing and not whole:
        refusals += _live_refusals(definition, name, live)
    return DeletePlan(
        definition=definition,
        name=name,
        generations=count_documents(definition.connection, existing, deadline),
        refusals=tuple(refusals),
        sizes={index: live.by_name[index].size for index in existing},
    )


def _generations(definition: IndexDefinition, live: LiveIndices) -> list[str]:
    return [name for name in live.by_name if is_generation_name(definition.alias, name)]


def _live_refusals(definition: IndexDefinition, name: str, live: LiveIndices) -> list[str]:
    if definition.alias not in live.by_name[name].aliases:
        return _refuse_last_copy(definition, name, live)
    text = _(
        "%(generation)s is the live generation of %(name)s: swap to another one first, "
        "or delete the whole index with `manage.py es_delete %(name)s`."
    )
    return [Said(text, {"generation": name, "name": definition.name})]


def _refuse_last_copy(definition: IndexDefinition, name: str, live: LiveIndices) -> list[str]:
    """Refuse to delete a generation that could replace the live one while that is broken."""
    rows = generations_of(definition)
    if live.is_sound(definition.alias) or rows.filter(name=name, role=_Role.FAILED).exists():
        return []
    former = find_former(definition, live, rows)
    values = {"alias": definition.alias, "generation": name, "name": definition.name}
    if former and former.name == name:
        text = _(
            "No index has the alias %(alias)s, which belongs to %(generation)s: restore the "
            "alias first, or delete the whole index with `manage.py es_delete %(name)s`."
        )
    else:
        text = _(
            "The index behind the alias %(alias)s is gone, closed or incomplete, so "
            "%(generation)s may be the last copy: repair the index first, or delete all of it "
            "with `manage.py es_delete %(name)s`."
        )
    return [Said(text, values)]


def delete_index(plan: DeletePlan) -> DeleteResult:
    """Delete the physical indices of the plan, and forget them.

    Raises:
        OperationRefused: the plan has refusals, or has changed since.
        ElasticsearchAdminError: a request failed.
    """
    # While somebody typed the name, the alias may have been moved to a generation to delete.
    now = outlast(partial(_plan, plan.definition, plan.name))
    refusals = plan.refusals or now.refusals
    if refusals:
        raise OperationRefused(together(refusals))
    if now.generations.keys() != plan.generations.keys():
        text = _(
            "%(name)s has changed since the plan was made. Nothing was deleted; check the plan "
            "again."
        )
        raise OperationRefused(Said(text, {"name": plan.name}))
    names = tuple(plan.generations)
    with recording(plan.definition, Operation.Kind.DELETE, generation=plan.name) as record:
        record.tell(Progress(plan.definition.name, "delete", 0, len(names)))
        rows = generations_of(plan.definition).filter(name__in=names)
        # Done first, because each write to a deleted generation would be an error.
        outlast(partial(rows.fail, "It was marked for deletion."))
        client = plan.definition.connection.client
        with translated(plan.definition.connection):
            client.options(request_timeout=get_options().operation_timeout).indices.delete(
                index=list(names), ignore_unavailable=True
            )
        # Generations that could not be deleted are still in the table, and can be pruned.
        outlast(rows.delete)
    return DeleteResult(plan.name, names)
