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
    # A building generation is not searched, so refreshes and replicas can wait until it is loaded.
    "refresh_interval": "-1",
    "number_of_replicas": 0,
    # After this time Elasticsearch forgets a delete, and a late write would restore the document.
    "gc_deletes": "1h",
}


def create_generation(
    definition: IndexDefinition, mappings: Mapping[str, Any] | None = None
) -> Generation:
    """Create and register an empty generation that is not live, with settings for loading.

    Args:
        mappings: the mappings; those of the declaration if omitted.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    return create_physical(definition, {**definition.settings, **LOAD_SETTINGS}, {}, mappings)


def create_physical(
    definition: IndexDefinition,
    settings: dict[str, Any],
    aliases: dict[str, Any],
    mappings: Mapping[str, Any] | None = None,
) -> Generation:
    """Create a physical index with a new name and its write alias, and register it.

    Raises:
        ElasticsearchAdminError: a request failed.
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
    # A change that was drained before this moment was committed before it, so a load reads it.
    return outlast(partial(register, definition, name))
