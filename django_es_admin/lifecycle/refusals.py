"""Why an operation cannot be done, said in its plan and not after the click."""

from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndices


def find_refusals(definition: IndexDefinition, live: LiveIndices) -> list[str]:
    """Return why nothing can be made of, or moved to, the alias of ``definition``."""
    return [*find_readonly_refusals(definition), *find_holder_refusals(definition, live)]


def find_readonly_refusals(definition: IndexDefinition) -> list[str]:
    """Return that the connection only reads, if it does."""
    alias = definition.connection.alias
    if not definition.connection.readonly:
        return []
    return [
        f"The connection {alias!r} is READONLY in ES_SERVERS: nothing can be changed through it."
    ]


def find_name_refusals(definition: IndexDefinition, live: LiveIndices) -> list[str]:
    """Return that a physical index has the name of the alias, if one has."""
    if definition.alias not in live.by_name:
        return []
    mend = (
        f"`manage.py es_rebuild {definition.name}` fills a generation and puts the alias in its "
        f"place"
        if definition.document
        else "move its documents to another name and delete it"
    )
    return [f"{definition.alias} is a physical index, not an alias: {mend}."]


def find_holder_refusals(definition: IndexDefinition, live: LiveIndices) -> list[str]:
    """Return that several indices hold the alias, if they do."""
    names = [index.name for index in live.holders(definition.alias)]
    if len(names) < 2:
        return []
    return [
        f"The alias {definition.alias} is held by several indices ({', '.join(names)}): "
        f"`manage.py es_swap_alias {definition.name} --to ONE_OF_THEM --force` leaves it on one."
    ]
