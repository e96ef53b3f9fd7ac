"""Give a loaded generation the settings that it was declared with."""

from dataclasses import dataclass
from typing import Any

from ...backends.errors import translated
from ...conf import get_options
from ...indices.definition import IndexDefinition
from .create import LOAD_SETTINGS


@dataclass(frozen=True)
class SettledResult:
    """What ``settle`` set, each setting with its value; None for Elasticsearch's default."""

    settings: dict[str, Any]


def settle(definition: IndexDefinition, generation: str) -> SettledResult:
    """Take back what made loading fast: searches need refreshes, and shards need copies.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    settings = {name: definition.settings.get(name) for name in LOAD_SETTINGS}
    with translated(definition.connection):
        client = definition.connection.client.options(
            request_timeout=get_options().operation_timeout
        )
        client.indices.put_settings(index=generation, settings=settings)
    return SettledResult(settings)


def is_settled(definition: IndexDefinition, live: dict[str, str] | Any) -> bool:
    """Whether a generation has the declared settings, not those of a load.

    Args:
        live: its settings, flat names -> values as text.
    """
    return all(
        live.get(f"index.{name}") != str(value) or str(definition.settings.get(name)) == str(value)
        for name, value in LOAD_SETTINGS.items()
    )
