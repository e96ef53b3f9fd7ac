"""Delete an index with all its generations, or one generation."""

from dataclasses import dataclass

from ..backends.errors import translated
from ..backends.health import Deadline
from ..exceptions import IndexMissing, OperationRefused
from ..indices.definition import IndexDefinition, get_definitions
from ..indices.live import LiveIndices, count_documents, read_indices
from ..indices.names import is_generation_name
from .create import REQUEST_SECONDS
from .generations import generations_of


@dataclass(frozen=True)
class DeletePlan:
    """What ``delete_index`` will do.

    Args:
        name: what has to be typed to confirm: the index, or the generation.
        generations: the physical indices that go -> their documents, None if not countable.
        refusals: why it cannot be done, empty if it can.
    """

    definition: IndexDefinition
    name: str
    generations: dict[str, int | None]
    refusals: tuple[str, ...]


@dataclass(frozen=True)
class DeleteResult:
    """What ``delete_index`` did."""

    name: str
    generations: tuple[str, ...]


def plan_delete(name: str, connection: str | None = None) -> DeletePlan:
    """Return the plan to delete ``name``, a declared index or one generation of it.

    Raises:
        IndexMissing: there is neither.
        ElasticsearchAdminError: Elasticsearch cannot be asked.
    """
    deadline = Deadline(REQUEST_SECONDS)
    for definition in get_definitions(connection):
        whole = name in (definition.name, definition.alias)
        if not (whole or is_generation_name(definition.alias, name)):
            continue
        live = read_indices(definition.connection, deadline)
        doomed = _generations(definition, live) if whole else [name]
        existing = [index for index in doomed if index in live.by_name]
        if not existing:
            break
        return DeletePlan(
            definition=definition,
            name=name,
            generations=count_documents(definition.connection, existing, deadline),
            refusals=() if whole else _live_refusals(definition, name, live),
        )
    raise IndexMissing(
        f"There is no index or generation {name!r}: see `manage.py es_status` for those there are."
    )


def _generations(definition: IndexDefinition, live: LiveIndices) -> list[str]:
    return [name for name in live.by_name if is_generation_name(definition.alias, name)]


def _live_refusals(definition: IndexDefinition, name: str, live: LiveIndices) -> tuple[str, ...]:
    if definition.alias not in live.by_name[name].aliases:
        return ()
    return (
        f"{name} is the live generation of {definition.name}: swap to another one first, "
        f"or delete the whole index with `manage.py es_delete {definition.name}`.",
    )


def delete_index(plan: DeletePlan) -> DeleteResult:
    """Delete the physical indices of the plan, and forget them.

    Raises:
        OperationRefused: the plan has refusals.
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    if plan.refusals:
        raise OperationRefused(" ".join(plan.refusals))
    names = tuple(plan.generations)
    # Forgotten first: a write to a generation that is gone would be an error each time.
    generations_of(plan.definition).filter(name__in=names).delete()
    with translated(plan.definition.connection):
        plan.definition.connection.client.options(request_timeout=REQUEST_SECONDS).indices.delete(
            index=list(names), ignore_unavailable=True
        )
    return DeleteResult(plan.name, names)
