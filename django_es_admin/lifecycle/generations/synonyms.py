"""Put the rules of the rows into the sets of synonyms that a generation uses."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...indices.definition import IndexDefinition, get_definitions
from ...indices.synonyms import TRIAL, has_api, inlined, put_set, read_set
from ...models import Generation
from ...operations.patience import outlast
from ...status.synonyms import count_differing, read_rules
from .table import generations_of

_TIMES = 5
"""That a set is put, while others change its rules meanwhile."""


def put_rules(definition: IndexDefinition, name: str, deadline: Deadline) -> int:
    """Put the present rules, and repeat this until the rows are the same afterwards.

    If two processes put at once, the one that ends last has read the rows after its request. So the
    set ends with the rules of the rows, whichever process was slower.

    Args:
        name: of the set, as the rows have it.

    Returns:
        How many rules it has now.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    rules: tuple[str, ...] = ()
    for _time in range(_TIMES):
        rules = read_rules([definition])[definition.using, name]
        put_set(
            definition.connection,
            definition.synonyms[name],
            rules,
            deadline,
            _users(definition, name),
        )
        if read_rules([definition])[definition.using, name] == rules:
            break
    return len(rules)


def _users(definition: IndexDefinition, name: str) -> list[str]:
    """Return the generations that use a set, of all indices: those that can be searched."""
    return [
        generation
        for other in get_definitions()
        if other.using == definition.using and name in other.synonyms
        for generation in generations_of(other)
        .filter(role__in=Generation.WRITTEN)
        .values_list("name", flat=True)
    ]


def settings_with_synonyms(
    definition: IndexDefinition, settings: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Make the sets that an index names before it is created; return the settings to create it.

    They hold the rules themselves, where the server has no synonyms API.

    Args:
        settings: of the index that is to be created.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    if not definition.synonyms:
        return settings
    rules = outlast(partial(read_rules, [definition]))
    named = {real: rules[definition.using, name] for name, real in definition.synonyms.items()}
    connection = definition.connection
    if not has_api(connection, _deadline()):
        return inlined(settings, named)
    for name, real in definition.synonyms.items():
        live = read_set(connection, real, _deadline())
        if live is None or count_differing(named[real], live):
            put_rules(definition, name, _deadline())
        if read_set(connection, f"{real}{TRIAL}", _deadline()) is None:
            # Before 8.18 an index cannot be created with a set that is not there.
            put_set(connection, f"{real}{TRIAL}", (), _deadline(), users=())
    return settings


def _deadline() -> Deadline:
    return Deadline(get_options().operation_timeout)
