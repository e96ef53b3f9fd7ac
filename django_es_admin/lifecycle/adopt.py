"""Take over generations that the table does not know: made by hand, or before a restored backup."""

from ..backends.errors import translated
from ..backends.health import Deadline
from ..conf import get_options
from ..indices.definition import IndexDefinition
from ..indices.diff import compare_mappings
from ..indices.live import read_indices, read_mappings
from ..indices.names import write_alias
from ..models import Generation
from .generations import generations_of, mark_loaded, register


def adopt(definition: IndexDefinition) -> tuple[str, ...]:
    """Register the live generations of an index that are not; return their names.

    From then on changes are written to them. What was changed before may be missing there.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    connection = definition.connection
    deadline = Deadline(get_options().operation_timeout)
    holders = {index.name for index in read_indices(connection, deadline).holders(definition.alias)}
    known = generations_of(definition).filter(name__in=holders).values_list("name", flat=True)
    unknown = sorted(holders - set(known))
    mappings = read_mappings(connection, unknown, deadline)
    for name in unknown:
        with translated(connection):
            client = connection.client.options(request_timeout=deadline.remaining)
            add = {"index": name, "alias": write_alias(name), "is_hidden": True}
            client.indices.update_aliases(actions=[{"add": add}])
        generation = register(definition, name, Generation.Role.LIVE)
        if compare_mappings(definition.mappings, mappings[name]):
            # Built for other code, whichever: our documents may not fit.
            generation.digest = ""
            generation.save(update_fields=["digest"])
        mark_loaded(generation)
    return tuple(unknown)
