"""Apply the declared settings to a loaded generation."""

from dataclasses import dataclass
from typing import Any

from ...backends.errors import translated
from ...conf import get_options
from ...indices.definition import IndexDefinition
from .create import LOAD_SETTINGS


@dataclass(frozen=True)
class SettledResult:
    """The settings that ``settle`` applied, with their values; None for Elasticsearch's default."""

    settings: dict[str, Any]


def settle(definition: IndexDefinition, generation: str) -> SettledResult:
    """Remove the settings for loading: searches need refreshes, and shards need replicas.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    settings = {name: definition.settings.get(name) for name in LOAD_SETTINGS}
    with translated(definition.connection):
        client = definition.connection.client.options(
            request_timeout=get_options().operation_timeout
        )
        client.indices.put_settings(index=generation, settings=settings)
    return SettledResult(settings)


def is_settled(definition: IndexDefinition, live: dict[str, str] | Any) -> bool:
    """Return whether a generation has the declared settings, and not those for loading.

    Args:
        live: the settings of the generation, flat names -> values as text.
    """
    return all(
        live.get(f"index.{name}") != str(value) or str(definition.settings.get(name)) == str(value)
        for name, value in LOAD_SETTINGS.items()
    )
