"""What the protocol needs of the cluster: which index has the alias, and what a generation has.

A generation has a hidden write alias, and names its owner in ``_meta``. Somebody may delete either
by hand, restore a snapshot without aliases, or restore the database, whose table of generations
then knows less than the cluster.
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
from ...conf import get_options
from ...exceptions import ElasticsearchAdminError, GenerationUnknown, OwnedByAnother
from ...indices.definition import IndexDefinition, get_definitions
from ...indices.live import every_index
from ...indices.names import write_alias
from ...models import Generation
from .owner import NamedOwner, describe_foreign, meta_with_owner, own_key, owner_in

logger = logging.getLogger(__name__)

LOOK_AGAIN = 30.0
"""Seconds for which a process takes it that the cluster is as it was seen."""

# Elasticsearch takes 4,096 bytes of method, path and query (http.max_initial_line_length).
_MAX_NAMES_BYTES = 3_000


@dataclass(frozen=True)
class _Found:
    """What the cluster says of one index.

    Args:
        aliases: alias -> its properties, the write alias included.
        mappings: what of them has ``_meta``.
    """

    aliases: Mapping[str, Any]
    mappings: Mapping[str, Any]

    def is_writable(self, name: str) -> bool:
        """Whether it has the hidden write alias of the generation ``name``."""
        properties = self.aliases.get(write_alias(name))
        return properties is not None and bool(properties.get("is_hidden"))


@dataclass(frozen=True)
class _Look:
    """What was seen of an index.

    Args:
        known: the generations that were written to then.
        key: of the database then.
        owners: of those generations that named one.
        taken: when, by ``time.monotonic()``.
    """

    known: frozenset[str]
    key: str
    owners: Mapping[str, NamedOwner]
    taken: float

    def is_fresh(self, known: frozenset[str], key: str) -> bool:
        """Whether nothing has to be asked again."""
        # Without any generation there is nothing to write to, and each change would be lost.
        return bool(known) and (self.known, self.key) == (known, key) and self._is_new

    @property
    def _is_new(self) -> bool:
        return time.monotonic() - self.taken < LOOK_AGAIN


_looks: dict[tuple[str, str], _Look] = {}


def find_foreign(
    definition: IndexDefinition, known: Collection[str], key: str
) -> dict[str, NamedOwner]:
    """Return which of the generations that are written to other databases own.

    A request in ``LOOK_AGAIN`` seconds for each index of a process: the table is what drains read.
    What a generation has lost is given back to it then.

    Args:
        known: names of the generations that changes are written to, by whichever process.
        key: of the database of the index; "" if it has none yet.

    Raises:
        OwnedByAnother: the alias points at an index of another database, unknown here.
        GenerationUnknown: the alias points at another index.
        ElasticsearchAdminError: Elasticsearch cannot be asked.
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
    """Look at each index again with its next change."""
    _looks.clear()


def _look(definition: IndexDefinition, names: frozenset[str], key: str) -> _Look:
    alias = definition.alias
    found = _read(definition.connection, [alias, *names], get_options().write_timeout)
    # A physical index of the alias's name is what is searched, too.
    holders = {name for name, index in found.items() if name == alias or alias in index.aliases}
    if not key and not databases[definition.database].in_atomic_block:
        key = own_key(definition.database)
    _require_known(definition, sorted(holders - names), found, key)
    owners = {name: owner for name in names & found.keys() if (owner := _owner(found[name]))}
    # In a transaction, that of a test, a new key may be rolled back.
    if key:
        # Without the rights to it, `es_status` says what is missing, and writes go on.
        with suppress(ElasticsearchAdminError):
            _mend(definition, {name: found[name] for name in names & found.keys()}, key)
    return _Look(names, key, owners if key else {}, time.monotonic())


def _require_known(
    definition: IndexDefinition, unknown: list[str], found: Mapping[str, _Found], key: str
) -> None:
    """Refuse to write where what is searched would not get the changes."""
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
    """Give generations that exist what they have lost: the write alias, the name of their owner.

    Returns:
        which had lost anything.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    names = list(generations)
    if not names:
        return ()
    found = _read(definition.connection, names, get_options().operation_timeout)
    return _mend(definition, found, own_key(definition.database))


def repair_all(using: str, connection: str | None = None, *, timeout: float | None = None) -> None:
    """Give all generations that changes are written to what they have lost.

    One request for each connection, if nothing is to be done. Where Elasticsearch does not do it,
    the next drain of the index says so.

    Args:
        using: alias of the database that has the table of generations.
        connection: only those of this one.
        timeout: seconds for a connection to answer; ``WRITE_TIMEOUT`` if omitted.
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
                # What cannot be asked is not asked again for its next index.
                found[definition.using] = {}
                every = [
                    n for (one, _), some in names.items() if one == definition.using for n in some
                ]
                found[definition.using] = _read(definition.connection, every, seconds)
            theirs = found[definition.using]
            _mend(definition, {n: theirs[n] for n in own & theirs.keys()}, own_key(using))


def _read(connection: Base, names: Collection[str], timeout: float) -> dict[str, _Found]:
    """Return what the cluster says of those indices, and of those behind aliases, that exist."""
    wanted = sorted(names)
    fits = len(",".join(wanted).encode()) <= _MAX_NAMES_BYTES
    client = connection.client.options(request_timeout=timeout)
    with translated(connection):
        answer = client.indices.get(
            index=wanted if fits else every_index(connection),
            features=["aliases", "mappings"],
            ignore_unavailable=True,
            expand_wildcards="all",
            filter_path="*.aliases,*.mappings._meta",
        )
    with understood(connection):
        return {
            name: _Found(body.get("aliases", {}), body.get("mappings", {}))
            for name, body in answer.body.items()
        }


def _mend(definition: IndexDefinition, found: Mapping[str, _Found], key: str) -> tuple[str, ...]:
    """Give back what is missing; return which had lost anything.

    Args:
        found: generation -> what the cluster says of it.
        key: of the database.
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
