"""The indices of a test run: made once, emptied before each test."""

import secrets
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from elasticsearch import Elasticsearch

from django_es_admin import connections

from ..backends.abstracts import Base
from ..backends.errors import translated
from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..indices.blocks import blocks_in, setting_of
from ..indices.definition import IndexDefinition, get_definitions
from ..indices.described import ask_despite_blocks
from ..indices.names import new_generation_name, write_alias
from ..indices.synonyms import TRIAL
from ..models import Generation, Owner
from ..outbox.drain import breaker
from ..outbox.drain.owner import meta_with_owner
from ..search.site import promotions
from ..status import snapshot

# Connection and alias -> the generation that this process has made, or found, for its tests.
_generations: dict[tuple[str, str], str] = {}
_NO_SUCH_SET = (400, 404, 405, 500)
"""What servers answer that have no such set, or no synonyms API."""
_KEY = secrets.token_hex(8)
"""The owner of all of them: the databases of tests lose their own key again and again."""


def forget() -> None:
    """Forget what was made: the names have changed."""
    _generations.clear()


def prepare_indices() -> None:
    """Make sure that every declared index exists, is empty, and is the only one of this run.

    Indices stay from test to test; what a test made, or took away, is undone. A mapping that an
    index has learnt from documents stays.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    breaker.reset()
    snapshot.ask_anew(connections.all())
    promotions.forget_all()
    for connection in writable_connections():
        with translated(connection):
            _prepare(connection, get_definitions(connection.alias))


def refresh_indices() -> None:
    """Make searchable what was written to the indices of this run.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    for connection in writable_connections():
        with translated(connection):
            _refresh(connection)


def writable_connections() -> list[Base]:
    """Return the connections that have declared indices, and are not read-only."""
    aliases = {definition.using for definition in get_definitions()}
    return [c for c in connections.all() if c.alias in aliases and not c.readonly]


def _client(connection: Base) -> Elasticsearch:
    # A machine that runs tests is busy, and an index takes longer to make than a search.
    return connection.client.options(request_timeout=get_options().operation_timeout)


def _refresh(connection: Base) -> None:
    index = f"{connection.index_prefix}*"
    _client(connection).indices.refresh(index=index, expand_wildcards="all")


def _prepare(connection: Base, definitions: Iterable[IndexDefinition]) -> None:
    found = _read(connection)
    wanted = {definition.alias: definition for definition in definitions}
    kept = {name: aliases for name, aliases in found.items() if name in _generations.values()}
    for alias, definition in wanted.items():
        key = (connection.alias, alias)
        name = _holder(alias, kept)
        if name is not None and kept[name] == _aliases(definition, name).keys():
            _generations[key] = name
        else:
            kept.pop(_generations.pop(key, ""), None)
    _delete(connection, found.keys() - kept.keys())
    if kept:
        _empty(connection)
    for alias, definition in wanted.items():
        if (connection.alias, alias) not in _generations:
            _generations[connection.alias, alias] = _create(connection, definition)


def _holder(alias: str, found: dict[str, set[str]]) -> str | None:
    """Return the one index that holds ``alias``."""
    names = [name for name, aliases in found.items() if alias in aliases]
    return names[0] if len(names) == 1 else None


def _read(connection: Base) -> dict[str, set[str]]:
    """Return index -> its aliases for every index of this run; what a test has blocked is free."""
    told = ask_despite_blocks(
        connection,
        f"{connection.index_prefix}*",
        Deadline(get_options().operation_timeout),
        lambda client, names: client.indices.get(
            index=names,
            features=["aliases", "settings"],
            expand_wildcards="all",
            flat_settings=True,
        ),
    )
    for name, body in told.bodies.items():
        for block in blocks_in(body["settings"]):
            _client(connection).indices.put_settings(index=name, settings={setting_of(block): None})
    return {name: set(body["aliases"]) for name, body in told.bodies.items()}


def _empty(connection: Base) -> None:
    # What is not searchable yet would be left.
    _refresh(connection)
    _client(connection).delete_by_query(
        index=f"{connection.index_prefix}*",
        query={"match_all": {}},
        conflicts="proceed",
        refresh=True,
        expand_wildcards="all",
    )


def _create(connection: Base, definition: IndexDefinition) -> str:
    name = new_generation_name(definition.alias)
    meta = meta_with_owner(definition, definition.mappings.get("_meta"), _KEY)
    _client(connection).indices.create(
        index=name,
        # There is one node, most often: a copy would keep the index yellow.
        settings={**definition.settings, "number_of_replicas": 0},
        mappings={**definition.mappings, "_meta": meta},
        aliases=_aliases(definition, name),
    )
    return name


def _aliases(definition: IndexDefinition, name: str) -> dict[str, Mapping[str, Any]]:
    return {write_alias(name): {"is_hidden": True}, definition.alias: {}, **definition.aliases}


def _delete(connection: Base, names: Collection[str]) -> None:
    if names:
        _client(connection).indices.delete(index=sorted(names), ignore_unavailable=True)


def delete_all(connection: Base) -> None:
    """Delete every index of this run that the connection reaches, and the synonyms that they used.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    with translated(connection):
        _delete(connection, _read(connection).keys())
        client = _client(connection).options(ignore_status=_NO_SUCH_SET)
        for definition in get_definitions(connection.alias):
            for real in definition.synonyms.values():
                for name in (real, f"{real}{TRIAL}"):
                    client.synonyms.delete_synonym(id=name)


def register_generations(databases: Collection[str]) -> None:
    """Let the table of generations say what is there, so that changes are written to it.

    Args:
        databases: aliases of those that the test may use.
    """
    for definition in get_definitions():
        name = _generations.get((definition.using, definition.alias))
        if name is None or definition.database not in databases:
            continue
        rows = Generation.objects.using(definition.database).filter(
            connection=definition.using, alias=definition.alias
        )
        if list(rows.values_list("name", "role")) != [(name, Generation.Role.LIVE)]:
            owners = Owner.objects.using(definition.database)
            owners.update_or_create(pk=1, defaults={"key": _KEY})
            rows.delete()
            rows.create(
                connection=definition.using,
                alias=definition.alias,
                name=name,
                role=Generation.Role.LIVE,
                digest=definition.digest,
            )
