"""What the protocol needs on the side of the cluster: the write aliases, and who holds the alias.

Somebody may delete an alias by hand, restore a snapshot without aliases, or restore the database,
whose table of generations then knows less than the cluster.
"""

import logging
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from django_es_admin import connections

from ...backends.abstracts import Base
from ...backends.errors import translated, understood
from ...conf import get_options
from ...exceptions import ElasticsearchAdminError, GenerationUnknown, IndexMissing
from ...indices.definition import IndexDefinition
from ...indices.names import write_alias
from ...models import Generation

logger = logging.getLogger(__name__)

LOOK_AGAIN = 30.0
"""Seconds for which a process takes it that the alias is where the table says."""

_looked: dict[tuple[str, str], tuple[frozenset[str], float]] = {}


def require_known_holder(definition: IndexDefinition, known: Collection[str]) -> None:
    """Refuse to write where what is searched would not get the changes.

    A request in ``LOOK_AGAIN`` seconds for each index of a process: the table is what drains read.

    Args:
        known: names of the generations that changes are written to, by whichever process.

    Raises:
        GenerationUnknown: the alias points at another index.
        ElasticsearchAdminError: Elasticsearch cannot be asked.
    """
    key = (definition.using, definition.alias)
    names = frozenset(known)
    found = _looked.get(key)
    # Without any generation there is nothing to write to, and each change would be lost.
    if names and found and found[0] == names and time.monotonic() - found[1] < LOOK_AGAIN:
        return
    unknown = sorted(_holders(definition) - names)
    if unknown:
        _looked.pop(key, None)
        raise GenerationUnknown(
            f"The alias {definition.alias} points at {', '.join(unknown)}, which no change is "
            f"written to: somebody moved the alias, or the table of generations was emptied or "
            f"restored from a backup. Run `manage.py es_create {definition.name}`, which registers "
            f"it, and `manage.py es_rebuild {definition.name}` for what it may have missed. The "
            f"changes of {definition.name} wait."
        )
    _looked[key] = (names, time.monotonic())


def forget_holders() -> None:
    """Look at each alias again with the next change."""
    _looked.clear()


def _holders(definition: IndexDefinition) -> set[str]:
    connection = definition.connection
    client = connection.client.options(request_timeout=get_options().write_timeout)
    try:
        with translated(connection):
            answer = client.indices.get_alias(name=definition.alias, expand_wildcards="all")
    except IndexMissing:
        return set()
    with understood(connection):
        return set(answer)


def restore_write_aliases(connection: Base, generations: Iterable[str]) -> tuple[str, ...]:
    """Give generations that exist their write aliases back, hidden; return which had none.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    names = list(generations)
    if not names:
        return ()
    client = connection.client.options(request_timeout=get_options().operation_timeout)
    everything = f"{connection.index_prefix}*"
    with translated(connection):
        answer = client.indices.get_alias(index=everything, expand_wildcards="all")
    with understood(connection):
        lacking = [name for name in names if name in answer and not _is_written(answer[name], name)]
    if lacking:
        actions = [
            {"add": {"index": name, "alias": write_alias(name), "is_hidden": True}}
            for name in lacking
        ]
        with translated(connection):
            client.indices.update_aliases(actions=actions)
    return tuple(lacking)


def restore_all(using: str, connection: str | None = None) -> None:
    """Give all generations that changes are written to their write aliases back.

    Where Elasticsearch does not do it, the next drain of the index says so.

    Args:
        using: alias of the database that has the table of generations.
        connection: only those of this one.
    """
    roles = (Generation.Role.LIVE, Generation.Role.BUILDING, Generation.Role.STANDBY)
    rows = Generation.objects.using(using).filter(role__in=roles)
    names: dict[str, list[str]] = {}
    for alias, name in rows.values_list("connection", "name"):
        if connection in (None, alias):
            names.setdefault(alias, []).append(name)
    for alias, generations in names.items():
        with suppress(ElasticsearchAdminError, ImproperlyConfigured):
            lost = restore_write_aliases(connections[alias], generations)
            if lost:
                logger.warning("%s had lost their write aliases, and have them.", ", ".join(lost))


def _is_written(described: Any, name: str) -> bool:
    """Whether an index has its hidden write alias."""
    properties = described["aliases"].get(write_alias(name))
    return properties is not None and bool(properties.get("is_hidden"))
