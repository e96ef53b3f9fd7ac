"""What a drain needs to exist in the cluster: the alias, and what belongs to each generation.

A generation has a hidden write alias, and names its owner in ``_meta``. Somebody may delete either,
restore a snapshot without aliases, or restore the database, whose table of generations then lacks
the newest ones.
"""

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections as databases

from ...backends.abstracts import Base
from ...backends.errors import translated, understood
from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...exceptions import ElasticsearchAdminError, GenerationUnknown, OwnedByAnother
from ...indices.definition import IndexDefinition, get_definitions
from ...indices.described import ask_despite_blocks, fits
from ...indices.live import every_index
from ...indices.names import write_alias
from ...models import Generation
from .owner import NamedOwner, describe_foreign, meta_with_owner, own_key, owner_in

logger = logging.getLogger(__name__)

LOOK_AGAIN = 30.0
"""The seconds for which a process assumes that the cluster has not changed."""


@dataclass(frozen=True)
class _Found:
    """What the cluster returned about one index.

    Args:
        aliases: alias -> its properties, including the write alias.
        mappings: the part of the mappings that contains ``_meta``.
    """

    aliases: Mapping[str, Any]
    mappings: Mapping[str, Any]

    def is_writable(self, name: str) -> bool:
        """Return whether the index has the hidden write alias of the generation ``name``."""
        properties = self.aliases.get(write_alias(name))
        return properties is not None and bool(properties.get("is_hidden"))


@dataclass(frozen=True)
class _Look:
    """What was seen of an index at one time.

    Args:
        known: the generations that were written to at that time.
        key: the key of the database at that time.
        owners: the owners of the generations that name one.
        taken: the time, by ``time.monotonic()``.
    """

    known: frozenset[str]
    key: str
    owners: Mapping[str, NamedOwner]
    taken: float

    def is_fresh(self, known: frozenset[str], key: str) -> bool:
        """Return whether nothing has to be requested again."""
        # Without a generation there is nothing to write to, and each change would be lost.
        return bool(known) and (self.known, self.key) == (known, key) and self._is_new

    @property
    def _is_new(self) -> bool:
        return time.monotonic() - self.taken < LOOK_AGAIN


_looks: dict[tuple[str, str], _Look] = {}


def find_foreign(
    definition: IndexDefinition, known: Collection[str], key: str
) -> dict[str, NamedOwner]:
    """Return which of the generations that are written to belong to other databases.

    Each process sends one request per index in ``LOOK_AGAIN`` seconds; otherwise drains rely on the
    table of generations. The write alias or ``_meta`` of a generation is restored if it is missing.

    Args:
        known: the names of all generations that get changes, from any process.
        key: the key of the database of the index; "" if it has none yet.

    Raises:
        OwnedByAnother: the alias points to an index of another database.
        GenerationUnknown: the alias points to an index that is not in the table of generations.
        ElasticsearchAdminError: the request failed.
    """
    place = (definition.using, definition.alias)
    names = frozenset(known)
    look = _looks.get(place)
    if look is None or not look.is_fresh(names, key):
        _looks.pop(place, None)
        look = _look(definition, names, key)
        _looks[place] = look
    return {name: owner for name, owner in look.owners.items() if owner.key != look.key}


def forget_looks() -> None:
    """Request everything again with the next change of each index."""
    _looks.clear()


def _look(definition: IndexDefinition, names: frozenset[str], key: str) -> _Look:
    alias = definition.alias
    found = _read(definition.connection, [alias, *names], get_options().write_timeout)
    # A physical index with the name of the alias is also what is searched.
    holders = {name for name, index in found.items() if name == alias or alias in index.aliases}
    if not key and not databases[definition.database].in_atomic_block:
        key = own_key(definition.database)
    _require_known(definition, sorted(holders - names), found, key)
    owners = {name: owner for name in names & found.keys() if (owner := _owner(found[name]))}
    # In the transaction of a test, a new key may be rolled back.
    if key:
        # Without the permission to repair, `es_status` reports what is missing, and writes go on.
        with suppress(ElasticsearchAdminError):
            _mend(definition, {name: found[name] for name in names & found.keys()}, key)
    return _Look(names, key, owners if key else {}, time.monotonic())


def _require_known(
    definition: IndexDefinition, unknown: list[str], found: Mapping[str, _Found], key: str
) -> None:
    """Refuse to write if the index that is searched would not get the changes."""
    wait = f"The changes of {definition.name} wait."
    for name in unknown:
        owner = _owner(found[name])
        if owner and owner.key != key:
            raise OwnedByAnother(f"{describe_foreign(definition, name, owner)} {wait}")
    if unknown:
        raise GenerationUnknown(
            f"The alias {definition.alias} points at {', '.join(unknown)}, which gets "
            f"no changes: somebody moved the alias, or the table of generations was emptied or "
            f"restored from a backup. {_mend_of(definition, unknown)} {wait}"
        )


def _mend_of(definition: IndexDefinition, unknown: list[str]) -> str:
    rebuild = f"`manage.py es_rebuild {definition.name}`"
    if unknown == [definition.alias]:
        return f"Run {rebuild}, which registers it, and puts a generation in its place."
    create = f"`manage.py es_create {definition.name}`"
    return f"Run {create}, which registers it, and {rebuild} for what it may have missed."


def repair(definition: IndexDefinition, generations: Iterable[str]) -> tuple[str, ...]:
    """Restore the write alias and the owner of generations that lack them.

    Returns:
        The generations that were repaired.

    Raises:
        ElasticsearchAdminError: the request failed.
    """
    names = list(generations)
    if not names:
        return ()
    found = _read(definition.connection, names, get_options().operation_timeout)
    return _mend(definition, found, own_key(definition.database))


def repair_all(using: str, connection: str | None = None, *, timeout: float | None = None) -> None:
    """Repair all generations that get changes.

    If nothing is missing, this sends one request per connection. If a repair fails, the next drain
    of the index reports it.

    Args:
        using: alias of the database that has the table of generations.
        connection: repair only the generations of this connection.
        timeout: the time limit of a connection, in seconds; ``WRITE_TIMEOUT`` if omitted.
    """
    seconds = timeout or get_options().write_timeout
    names: dict[tuple[str, str], set[str]] = {}
    rows = Generation.objects.using(using).filter(role__in=Generation.WRITTEN)
    for backend, alias, name in rows.values_list("connection", "alias", "name"):
        names.setdefault((backend, alias), set()).add(name)
    found: dict[str, dict[str, _Found]] = {}
    for definition in get_definitions(connection):
        own = names.get((definition.using, definition.alias), set())
        if definition.database != using or not own:
            continue
        with suppress(ElasticsearchAdminError, ImproperlyConfigured):
            if definition.using not in found:
                # A connection that does not answer is not asked about its other indices.
                found[definition.using] = {}
                every = [
                    n for (one, _), some in names.items() if one == definition.using for n in some
                ]
                found[definition.using] = _read(definition.connection, every, seconds)
            theirs = found[definition.using]
            _mend(definition, {n: theirs[n] for n in own & theirs.keys()}, own_key(using))


def _read(connection: Base, names: Collection[str], timeout: float) -> dict[str, _Found]:
    """Return what the cluster says about these indices, and the indices behind these aliases."""
    wanted = sorted(names)
    told = ask_despite_blocks(
        connection,
        wanted if fits(wanted) else every_index(connection),
        Deadline(timeout),
        lambda client, some: client.indices.get(
            index=some,
            features=["aliases", "mappings"],
            ignore_unavailable=True,
            expand_wildcards="all",
            filter_path="*.aliases,*.mappings._meta",
        ),
    )
    with understood(connection):
        return {
            name: _Found(body.get("aliases", {}), body.get("mappings", {}))
            for name, body in told.bodies.items()
        }


def _mend(definition: IndexDefinition, found: Mapping[str, _Found], key: str) -> tuple[str, ...]:
    """Restore what is missing; return the generations that were repaired.

    Args:
        found: generation -> what the cluster says about it.
        key: the key of the database.
    """
    client = definition.connection.client.options(request_timeout=get_options().operation_timeout)
    shown = [name for name, index in found.items() if not index.is_writable(name)]
    if shown:
        actions = [
            {"add": {"index": name, "alias": write_alias(name), "is_hidden": True}}
            for name in shown
        ]
        with translated(definition.connection):
            client.indices.update_aliases(actions=actions)
        logger.warning("The write aliases of %s were lost, and are restored.", ", ".join(shown))
    nameless = [name for name, index in found.items() if _owner(index) is None]
    for name in nameless:
        meta = meta_with_owner(definition, found[name].mappings.get("_meta"), key)
        with translated(definition.connection):
            client.indices.put_mapping(index=name, meta=meta)
        logger.warning("%s named no owner; it names this database now.", name)
    return tuple(dict.fromkeys(shown + nameless))


def _owner(index: _Found) -> NamedOwner | None:
    return owner_in(index.mappings)
