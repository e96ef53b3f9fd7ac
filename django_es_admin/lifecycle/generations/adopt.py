"""Update the table of generations if it does not match the alias.

A generation may have been created by hand, or before the database was restored from a backup. The
alias may have been moved by another program, or by a process that was killed before it could update
the table.
"""

from ...backends.errors import translated
from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...indices.definition import IndexDefinition
from ...indices.diff import compare_mappings
from ...indices.live import LiveIndex, LiveIndices, read_indices, read_mappings
from ...indices.names import write_alias
from ...models import Generation
from ...outbox.drain.cluster_side import forget_looks, repair
from .owner import require_own, take_over
from .standby import keep_standby
from .table import generations_of, mark_loaded, register


def adopt(definition: IndexDefinition, *, foreign: bool = False) -> tuple[str, ...]:
    """Make sure that the live index gets all changes; return the names that did not.

    From now on, changes are written to them. Earlier changes may be missing.

    Args:
        foreign: take over an index that another database owns, or may own.

    Raises:
        OperationRefused: another database owns the live index, or may own it.
        ElasticsearchAdminError: a request failed.
    """
    deadline = Deadline(get_options().operation_timeout)
    # Read before the cluster: a generation that is registered later may not be in the answer.
    registered = list(generations_of(definition).values_list("pk", flat=True))
    live = read_indices(definition.connection, deadline)
    concrete = live.by_name.get(definition.alias)
    holders = [concrete] if concrete else live.holders(definition.alias)
    names = [holder.name for holder in holders]
    if foreign:
        take_over(definition, {*names, *_known(definition, live)}, deadline)
    else:
        require_own(definition, names, deadline)
    forget_looks()
    _let_go(definition, registered, live)
    roles = dict(generations_of(definition).values_list("name", "role"))
    unknown = [holder for holder in holders if holder.name not in roles]
    _register(definition, unknown, deadline)
    repair(definition, _written(definition))
    moved = [h.name for h in holders if roles.get(h.name, "live") != Generation.Role.LIVE]
    if len(holders) == 1 and moved:
        before = next((name for name, role in roles.items() if role == Generation.Role.LIVE), None)
        keep_standby(definition, moved[0], before)
    return (*(index.name for index in unknown), *moved)


def _written(definition: IndexDefinition) -> list[str]:
    written = generations_of(definition).filter(role__in=Generation.WRITTEN)
    return list(written.values_list("name", flat=True))


def _known(definition: IndexDefinition, live: LiveIndices) -> list[str]:
    """Return the registered generations that exist; a copied database has those of the original."""
    names = generations_of(definition).values_list("name", flat=True)
    return [name for name in names if name in live.by_name]


def _let_go(definition: IndexDefinition, registered: list[int], live: LiveIndices) -> None:
    """Stop writing to generations that no longer exist: rows would wait for them forever."""
    written = generations_of(definition).filter(role__in=Generation.WRITTEN)
    gone = written.filter(pk__in=registered).exclude(name__in=list(live.by_name))
    gone.fail(Generation.GONE)


def _register(definition: IndexDefinition, unknown: list[LiveIndex], deadline: Deadline) -> None:
    connection = definition.connection
    mappings = read_mappings(connection, [index.name for index in unknown], deadline)
    for index in unknown:
        with translated(connection):
            client = connection.client.options(request_timeout=deadline.remaining)
            add = {"index": index.name, "alias": write_alias(index.name), "is_hidden": True}
            client.indices.update_aliases(actions=[{"add": add}])
        generation = register(definition, index.name, Generation.Role.LIVE)
        if compare_mappings(definition.mappings, mappings[index.name]):
            # It was built for unknown code, so the documents of this code may not fit.
            generation.digest = ""
            generation.save(update_fields=["digest"])
        mark_loaded(generation)
