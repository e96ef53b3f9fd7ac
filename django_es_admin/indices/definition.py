"""An index as the project declares it: in ``ES_INDICES``, in a document, or in both."""

import hashlib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from django.core.signals import setting_changed
from django.db import DEFAULT_DB_ALIAS, router
from elasticsearch.dsl.utils import merge

from django_es_admin import connections

from ..backends.abstracts import Base
from ..backends.elasticsearch import JSON
from ..conf import get_options
from ..documents import Document, registry
from ..documents.described.paths import path_of
from ..documents.described.valued import valued
from ..documents.registry import document_registered
from ..exceptions import ConnectionDoesNotExist, IndexAmbiguous, IndexNotDeclared
from .synonyms import names_of, with_sets


@dataclass(frozen=True)
class IndexDefinition:
    """An index that the project declares.

    Args:
        name: the name in ``ES_INDICES``, and in ``class Index`` of the document.
        alias: the alias in Elasticsearch that is searched, with the connection's prefix.
        using: alias of the connection.
        aliases: further aliases -> their properties (``filter``, ``routing``).
        settings: index settings.
        mappings: index mappings.
        document: the document class that fills the index; None if the project fills it by itself.
        others: further classes that fill the index, as for the parents and children of a join.
    """

    name: str
    alias: str
    using: str
    aliases: Mapping[str, Mapping[str, Any]]
    settings: Mapping[str, Any]
    mappings: Mapping[str, Any]
    document: type[Document] | None
    others: tuple[type[Document], ...] = ()

    @cached_property
    def parts(self) -> "tuple[IndexDefinition, ...]":
        """The parts of the index, one for each class that fills it."""
        if self.document is None or not self.others:
            return (self,)
        every = (self.document, *self.others)
        rest = (tuple(other for other in every if other is not one) for one in every)
        return tuple(
            replace(self, document=one, others=others)
            for one, others in zip(every, rest, strict=True)
        )

    def part(self, label: str) -> "IndexDefinition":
        """Return the part for a model; the first part for "", or for an unknown model.

        Args:
            label: the label of the model.
        """
        return next((part for part in self.parts if part.own_label == label), self.parts[0])

    @property
    def part_label(self) -> str:
        """The label that tells this part from the others; "" if the index has only one part."""
        return self.own_label if self.others else ""

    @property
    def own_label(self) -> str:
        """The label of this part's model; "" without a document."""
        return self.document.django.model._meta.label if self.document else ""

    @property
    def connection(self) -> Base:
        """The connection. It is looked up each time, because a forked process has its own."""
        return connections[self.using]

    @cached_property
    def synonyms(self) -> Mapping[str, str]:
        """The synonym sets of its analyzers: name in the rows -> name in Elasticsearch."""
        prefix = self.connection.index_prefix
        return {name.removeprefix(prefix): name for name in names_of(self.settings)}

    @property
    def database(self) -> str:
        """The alias of the database that feeds the index."""
        if self.document is None:
            return DEFAULT_DB_ALIAS
        return router.db_for_write(self.document.django.model)

    @property
    def model_label(self) -> str:
        """The label of the model, ``shop.Product``, or of all models; "" without a document."""
        return ", ".join(part.own_label for part in self.parts)

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits that change whenever the code requires a rebuild."""
        plan = {"mappings": self.mappings, "settings": self.settings, "fields": self._plan()}
        return hashlib.sha256(JSON.dumps(_sorted(plan))).hexdigest()[:16]

    def _plan(self) -> dict[str, Any]:
        if self.document is None:
            return {}
        if self.others:
            # It is the same for every part.
            return {part.own_label: _fields(part.document) for part in self.parts}
        return _fields(self.document)


def _fields(document: type[Document] | None) -> dict[str, list[str]]:
    assert document is not None  # noqa: S101 (a part is one of a document)
    mapping = document._doc_type.mapping
    return {name: list(path_of(name, mapping[name])) for name in valued(mapping)}


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _sorted(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_sorted(item) for item in value]
    return value


def get_definitions(connection: str | None = None) -> list[IndexDefinition]:
    """Return every declared index, by name.

    If several connections to one cluster name an index in ``INDICES``, it is the same index. It
    belongs to the connection of its document or, without a document, to the first connection that
    may write.

    Args:
        connection: only indices of the connection with this alias.

    Raises:
        ConnectionDoesNotExist: ``ES_SERVERS`` has no such connection.
    """
    if connection is not None and connection not in connections:
        raise ConnectionDoesNotExist(
            f"There is no connection {connection!r}: ES_SERVERS has {', '.join(connections)}."
        )
    found = [
        definition_of(document)
        for document in registry.get_documents()
        if not _fills_the_index_of_another(document)
    ]
    for backend in sorted(connections.all(), key=lambda backend: backend.readonly):
        for name, index in backend.indices_settings.items():
            definition = _of_settings(name, index, backend)
            if not any(_is_same(definition, other) for other in found):
                found.append(definition)
    chosen = (d for d in found if connection is None or d.connection.alias == connection)
    return sorted(chosen, key=lambda d: (d.name, d.connection.alias))


def _is_same(one: IndexDefinition, other: IndexDefinition) -> bool:
    """Return whether two connections, or a connection and a document, declare the same index."""
    if one.name != other.name:
        return False
    if one.using == other.using:
        return True
    return one.alias == other.alias and one.connection.shares_cluster(other.connection)


def get_definition(name: str, connection: str | None = None) -> IndexDefinition:
    """Return the one declared index ``name``.

    Raises:
        IndexNotDeclared: the project declares no such index (on that connection).
        IndexAmbiguous: several connections have an index of that name.
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
    """Return the declared indices with these names, each once; all indices if there are no names.

    Args:
        connection: only indices of the connection with this alias; of every connection if omitted.

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
    """Return the index of a document class, from the view of that class."""
    siblings = _siblings(document)
    if siblings and siblings[0] is not document:
        whole = definition_of(siblings[0])
        return next(part for part in whole.parts if part.document is document)
    options = document.django
    index = connections.indices.get(options.index_name, {})
    declared: dict[str, Any] = {}
    for one in siblings or (document,):
        merge(declared, deepcopy(one._index.to_dict()))
    settings = {**declared.get("settings", {}), **(index.get("SETTINGS") or {})}
    return IndexDefinition(
        name=options.index_name,
        alias=options.alias,
        using=options.using,
        aliases=_aliases(options.connection, declared.get("aliases"), index.get("ALIASES")),
        settings=with_sets(_with_window(settings), options.connection.prefixed),
        mappings=declared.get("mappings", {}),
        document=document,
        others=siblings[1:],
    )


def _siblings(document: type[Document]) -> tuple[type[Document], ...]:
    """Return the classes that fill the index of ``document``, including ``document``."""
    place = (document.django.using, document.django.index_name)
    return tuple(
        d
        for d in registry.get_documents()
        if d is document
        or (
            (d.may_share_index and document.may_share_index)
            and (d.django.using, d.django.index_name) == place
        )
    )


def shares_index(document: type[Document]) -> bool:
    """Return whether another class also fills the index of ``document``."""
    return len(_siblings(document)) > 1


def _fills_the_index_of_another(document: type[Document]) -> bool:
    return _siblings(document)[0] is not document


def _of_settings(name: str, index: Mapping[str, Any], connection: Base) -> IndexDefinition:
    return IndexDefinition(
        name=name,
        alias=connection.prefixed(index["NAME"]),
        using=connection.alias,
        aliases=_aliases(connection, index["ALIASES"]),
        settings=with_sets(_with_window(index["SETTINGS"] or {}), connection.prefixed),
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
    """Add ``max_result_window`` for the admin's search, unless the project sets it."""
    flat = {key.removeprefix("index."): value for key, value in settings.items()}
    nested = flat.pop("index", None)
    flat.update(nested if isinstance(nested, Mapping) else {})
    flat.setdefault("max_result_window", get_options().search_max_results)
    return flat


def _forget_all(**kwargs: Any) -> None:
    definition_of.cache_clear()


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in ("ES_SERVERS", "ES_INDICES", "ES_ADMIN"):
        definition_of.cache_clear()


# It may share the index of a document that was already found.
document_registered.connect(_forget_all, dispatch_uid="django_es_admin.indices.definition")
setting_changed.connect(_forget, dispatch_uid="django_es_admin.indices.definition")
