"""An index as the project declares it: in ``ES_INDICES``, in a document, or in both."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from django.core.signals import setting_changed
from django.db import DEFAULT_DB_ALIAS, router

from django_es_admin import connections

from ..backends.abstracts import Base
from ..backends.elasticsearch import JSON
from ..conf import get_options
from ..documents import Document, registry
from ..documents.paths import path_of
from ..exceptions import ConnectionDoesNotExist, IndexAmbiguous, IndexNotDeclared


@dataclass(frozen=True)
class IndexDefinition:
    """An index that the project declares.

    Args:
        name: as in ``ES_INDICES`` and in ``class Index`` of the document.
        alias: what is searched; an alias in Elasticsearch, with the connection's prefix.
        using: alias of the connection where it lives.
        aliases: further aliases -> their properties (``filter``, ``routing``).
        settings: index settings.
        mappings: index mappings.
        document: the class that fills it; None if the project fills it by itself.
    """

    name: str
    alias: str
    using: str
    aliases: Mapping[str, Mapping[str, Any]]
    settings: Mapping[str, Any]
    mappings: Mapping[str, Any]
    document: type[Document] | None

    @property
    def connection(self) -> Base:
        """Where it lives; looked up each time, as a forked process has its own."""
        return connections[self.using]

    @property
    def database(self) -> str:
        """The alias of the database that feeds the index."""
        if self.document is None:
            return DEFAULT_DB_ALIAS
        return router.db_for_write(self.document.django.model)

    @property
    def model_label(self) -> str:
        """The model as ``shop.Product``; "" without a document."""
        return self.document.django.model._meta.label if self.document else ""

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits that change whenever a rebuild is needed to follow the code."""
        plan = {"mappings": self.mappings, "settings": self.settings, "fields": self._plan()}
        return hashlib.sha256(JSON.dumps(_sorted(plan))).hexdigest()[:16]

    def _plan(self) -> dict[str, list[str]]:
        if self.document is None:
            return {}
        mapping = self.document._doc_type.mapping
        return {name: list(path_of(name, mapping[name])) for name in mapping}


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _sorted(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_sorted(item) for item in value]
    return value


def get_definitions(connection: str | None = None) -> list[IndexDefinition]:
    """Return every declared index, by name.

    An index that several connections to one cluster name in ``INDICES`` is one index. It belongs to
    the connection of its document, else to the first of them that may write.

    Args:
        connection: only those that belong to the connection of this alias.

    Raises:
        ConnectionDoesNotExist: ``ES_SERVERS`` has no such connection.
    """
    if connection is not None and connection not in connections:
        raise ConnectionDoesNotExist(
            f"There is no connection {connection!r}: ES_SERVERS has {', '.join(connections)}."
        )
    found = [definition_of(document) for document in registry.get_documents()]
    for backend in sorted(connections.all(), key=lambda backend: backend.readonly):
        for name, index in backend.indices_settings.items():
            definition = _of_settings(name, index, backend)
            if not any(_is_same(definition, other) for other in found):
                found.append(definition)
    chosen = (d for d in found if connection is None or d.connection.alias == connection)
    return sorted(chosen, key=lambda d: (d.name, d.connection.alias))


def _is_same(one: IndexDefinition, other: IndexDefinition) -> bool:
    """Whether two connections, or a connection and a document, declare the same index."""
    if one.name != other.name:
        return False
    if one.using == other.using:
        return True
    return one.alias == other.alias and one.connection.shares_cluster(other.connection)


def get_definition(name: str, connection: str | None = None) -> IndexDefinition:
    """Return the one declared index ``name``.

    Raises:
        IndexNotDeclared: the project declares no such index (on that connection).
        IndexAmbiguous: several connections have one.
    """
    found = _find(name, connection)
    if len(found) > 1:
        aliases = ", ".join(definition.connection.alias for definition in found)
        raise IndexAmbiguous(
            f"Several connections have an index {name!r} ({aliases}): pass --connection."
        )
    return found[0]


def _find(name: str, connection: str | None) -> list[IndexDefinition]:
    definitions = get_definitions(connection)
    found = [d for d in definitions if name in (d.name, d.alias)]
    if not found:
        names = ", ".join(sorted({d.name for d in definitions})) or "none"
        where = f" on {connection!r}" if connection else ""
        owners = [d.using for d in get_definitions() if name in (d.name, d.alias)]
        mend = (
            f"it belongs to the connection {' and '.join(map(repr, owners))}"
            if owners
            else f"declared are {names}"
        )
        raise IndexNotDeclared(f"No index {name!r} is declared{where}: {mend}.")
    return found


def select_definitions(
    names: Iterable[str], connection: str | None = None
) -> list[IndexDefinition]:
    """Return the declared indices of these names, each once; all of them if there are no names.

    Args:
        connection: only those on the connection of this alias; on each that has them if omitted.

    Raises:
        IndexNotDeclared: one of the names is not declared.
    """
    wanted = list(names)
    if not wanted:
        return get_definitions(connection)
    chosen = {
        (definition.name, definition.connection.alias): definition
        for name in wanted
        for definition in _find(name, connection)
    }
    return list(chosen.values())


@cache
def definition_of(document: type[Document]) -> IndexDefinition:
    """Return the index of a document class."""
    options = document.django
    index = connections.indices.get(options.index_name, {})
    declared = document._index.to_dict()
    settings = {**declared.get("settings", {}), **(index.get("SETTINGS") or {})}
    return IndexDefinition(
        name=options.index_name,
        alias=options.alias,
        using=options.using,
        aliases=_aliases(options.connection, declared.get("aliases"), index.get("ALIASES")),
        settings=_with_window(settings),
        mappings=declared.get("mappings", {}),
        document=document,
    )


def _of_settings(name: str, index: Mapping[str, Any], connection: Base) -> IndexDefinition:
    return IndexDefinition(
        name=name,
        alias=connection.prefixed(index["NAME"]),
        using=connection.alias,
        aliases=_aliases(connection, index["ALIASES"]),
        settings=_with_window(index["SETTINGS"]),
        mappings={},
        document=None,
    )


def _aliases(connection: Base, *declared: Any) -> dict[str, dict[str, Any]]:
    aliases: dict[str, dict[str, Any]] = {}
    for group in declared:
        for name in group or ():
            properties = group[name] if isinstance(group, Mapping) else {}
            aliases[connection.prefixed(name)] = dict(properties or {})
    return aliases


def _with_window(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Add the window that the admin's search pages through, where the project sets none."""
    flat = {key.removeprefix("index."): value for key, value in settings.items()}
    nested = flat.pop("index", None)
    flat.update(nested if isinstance(nested, Mapping) else {})
    flat.setdefault("max_result_window", get_options().search_max_results)
    return flat


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in ("ES_SERVERS", "ES_INDICES", "ES_ADMIN"):
        definition_of.cache_clear()


setting_changed.connect(_forget, dispatch_uid="django_es_admin.indices.definition")
