"""The reasons why an operation cannot be done, which its plan shows."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from ..indices.blocks import Work, forbidding, removing
from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndices
from ..said import Said


def find_refusals(definition: IndexDefinition, live: LiveIndices) -> list[str]:
    """Return why no generation can be created for, or become live under, an alias."""
    return [*find_readonly_refusals(definition), *find_holder_refusals(definition, live)]


def find_readonly_refusals(definition: IndexDefinition) -> list[str]:
    """Return a refusal if the connection is read-only."""
    alias = definition.connection.alias
    if not definition.connection.readonly:
        return []
    text = _(
        "The connection %(alias)s is READONLY in ES_SERVERS: nothing can be changed through it."
    )
    return [Said(text, {"alias": repr(alias)})]


def find_block_refusals(live: LiveIndices, names: Iterable[str], work: Work) -> list[str]:
    """Return the blocks of physical indices that forbid some work, and what removes each.

    Args:
        names: of those that there are, others are passed over.
    """
    text = _(
        "%(index)s has the block index.blocks.%(block)s, which forbids this: remove the block "
        "with `%(request)s`."
    )
    return [
        Said(text, {"index": name, "block": block, "request": removing(name, block)})
        for name in names
        if name in live.by_name
        for block in forbidding(work, live.by_name[name].blocks)
    ]


def find_name_refusals(definition: IndexDefinition, live: LiveIndices) -> list[str]:
    """Return a refusal if a physical index has the name of the alias."""
    return [explain_physical(definition)] if definition.alias in live.by_name else []


def explain_physical(definition: IndexDefinition) -> str:
    """Return what to do about a physical index with the name of the alias."""
    values = {"alias": definition.alias, "name": definition.name}
    if not definition.document:
        text = _(
            "%(alias)s is a physical index, not an alias: move its documents to another name and "
            "delete it."
        )
        return Said(text, values)
    text = _(
        "%(alias)s is a physical index, not an alias: `manage.py es_rebuild %(name)s` fills a "
        "generation and puts the alias in its place."
    )
    page = _(
        "%(alias)s is a physical index, not an alias: a rebuild fills a generation and puts the "
        "alias in its place."
    )
    return Said(text, values, page=page, verb="rebuild")


def find_holder_refusals(definition: IndexDefinition, live: LiveIndices) -> list[str]:
    """Return a refusal if the alias belongs to several indices."""
    names = [index.name for index in live.holders(definition.alias)]
    if len(names) < 2:
        return []
    text = _(
        "The alias %(alias)s is held by several indices (%(names)s): "
        "`manage.py es_swap_alias %(name)s --to ONE_OF_THEM --force` leaves it on one."
    )
    values = {"alias": definition.alias, "names": ", ".join(names), "name": definition.name}
    return [Said(text, values)]
