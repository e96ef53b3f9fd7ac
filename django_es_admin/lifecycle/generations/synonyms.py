"""Put the rules from the database into the synonym sets that a generation uses."""

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
"""How often a set is put if others change its rules at the same time."""


def put_rules(definition: IndexDefinition, name: str, deadline: Deadline) -> int:
    """Put the current rules, and repeat this until the rows are unchanged afterwards.

    If two processes do this at the same time, the last one reads the rows after its request. So the
    set ends with the rules of the rows, whichever process was slower.

    Args:
        name: the name of the set in the rows.

    Returns:
        The number of rules in the set.

    Raises:
        ElasticsearchAdminError: a request failed.
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
    """Return the generations, of all indices, that use a set and can be searched."""
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
    """Create the sets that a new index uses; return the settings to create the index with.

    If the server has no synonyms API, the settings contain the rules themselves.

    Args:
        settings: the settings of the new index.

    Raises:
        ElasticsearchAdminError: a request failed.
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
            # Before 8.18, an index cannot be created with a set that does not exist.
            put_set(connection, f"{real}{TRIAL}", (), _deadline(), users=())
    return settings


def _deadline() -> Deadline:
    return Deadline(get_options().operation_timeout)
