"""Why an operation cannot be done, said in its plan and not after the click."""

from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndices


def find_refusals(definition: IndexDefinition, live: LiveIndices) -> list[str]:
    """Return why nothing can be made of, or moved to, the alias of ``definition``."""
    return [
        *find_readonly_refusals(definition),
        *_find_name_refusals(definition, live),
        *_find_holder_refusals(definition, live),
    ]


def find_readonly_refusals(definition: IndexDefinition) -> list[str]:
    """Return that the connection only reads, if it does."""
    alias = definition.connection.alias
    if not definition.connection.readonly:
        return []
    return [
        f"The connection {alias!r} is READONLY in ES_SERVERS: nothing can be changed through it."
    ]


def _find_name_refusals(definition: IndexDefinition, live: LiveIndices) -> list[str]:
    if definition.alias not in live.by_name:
        return []
    return [
        f"{definition.alias} is a physical index, not an alias: move its documents to another name "
        f"or delete it, then create the index here."
    ]


def _find_holder_refusals(definition: IndexDefinition, live: LiveIndices) -> list[str]:
    names = [index.name for index in live.holders(definition.alias)]
    if len(names) < 2:
        return []
    return [
        f"The alias {definition.alias} is held by several indices ({', '.join(names)}): "
        f"remove it from all but one."
    ]
