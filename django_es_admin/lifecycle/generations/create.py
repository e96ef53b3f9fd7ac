"""Create a physical index and register it as a generation."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...backends.errors import translated
from ...conf import get_options
from ...indices.definition import IndexDefinition
from ...indices.names import new_generation_name, write_alias
from ...models import Generation
from ...operations.patience import outlast
from ...outbox.drain.owner import meta_with_owner, own_key
from .synonyms import settings_with_synonyms
from .table import register

LOAD_SETTINGS: dict[str, Any] = {
    # Nobody searches a building generation; its segments and copies can wait until it is loaded.
    "refresh_interval": "-1",
    "number_of_replicas": 0,
    # Elasticsearch forgets a delete's version after this time, and a late write would revive it.
    "gc_deletes": "1h",
}


def create_generation(
    definition: IndexDefinition, mappings: Mapping[str, Any] | None = None
) -> Generation:
    """Create an empty generation that is not searched, with settings for loading, and register it.

    Args:
        mappings: as declared if omitted.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    return create_physical(definition, {**definition.settings, **LOAD_SETTINGS}, {}, mappings)


def create_physical(
    definition: IndexDefinition,
    settings: dict[str, Any],
    aliases: dict[str, Any],
    mappings: Mapping[str, Any] | None = None,
) -> Generation:
    """Create a physical index under a new name, with its write alias, and register it.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    name = new_generation_name(definition.alias)
    key = outlast(partial(own_key, definition.database))
    client = definition.connection.client
    settings = dict(settings_with_synonyms(definition, settings))
    mappings = definition.mappings if mappings is None else mappings
    meta = meta_with_owner(definition, mappings.get("_meta"), key)
    with translated(definition.connection):
        client.options(request_timeout=get_options().operation_timeout).indices.create(
            index=name,
            settings=settings,
            mappings={**mappings, "_meta": meta},
            aliases={write_alias(name): {"is_hidden": True}, **aliases},
        )
    # A change that is drained before this moment was committed before it, so that a load reads it.
    return outlast(partial(register, definition, name))
