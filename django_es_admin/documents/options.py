"""The options in ``class Django`` of a document, and what follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import models

from django_es_admin import connections

from ..backends.abstracts import Base
from ..exceptions import DocumentMisdeclared
from .described.declared import Declared
from .described.places import Places
from .reading.source import Source
from .reads import Reads

_KNOWN = frozenset(
    (
        "model fields related_models ignore_signals auto_refresh queryset_pagination capture "
        "modified_fields"
    ).split()
)

CAPTURES = ("signals", "triggers")


@dataclass(frozen=True, eq=False)
class DjangoOptions:
    """The Django side of a registered document class, at its ``django`` attribute.

    Args:
        document: the class.
        model: the model whose objects become documents.
        fields: names of model fields to index in addition to the declared fields.
        related_models: models whose changes change documents.
        ignore_signals: whether to ignore saves, because the project indexes by itself.
        auto_refresh: whether to make each write searchable before it returns; ``"wait_for"`` waits
            until Elasticsearch does so by itself.
        queryset_pagination: documents per bulk request; None for the project's default.
        modified_fields: columns or paths with the time at which an object was changed; the model's
            ``auto_now`` fields if empty.
        capture: who captures changes: Django's ``"signals"`` or the database's ``"triggers"``.
        index_name: the index's name as declared in ``class Index``.
        using: alias of the connection.
        missing_fields: names in ``fields`` that the model does not have.
    """

    document: type[Declared]
    model: type[models.Model]
    index_name: str
    using: str
    fields: tuple[str, ...] = ()
    related_models: tuple[type[models.Model], ...] = ()
    ignore_signals: bool = False
    auto_refresh: bool | str = False
    queryset_pagination: int | None = None
    modified_fields: tuple[str, ...] = ()
    capture: str = "signals"
    missing_fields: tuple[str, ...] = field(default=(), repr=False)

    @property
    def follows_changes(self) -> bool:
        """Whether a save reaches the index."""
        return not self.ignore_signals

    @property
    def connection(self) -> Base:
        """The connection of the index."""
        return connections[self.using]

    @property
    def alias(self) -> str:
        """The name that is searched, an alias in Elasticsearch."""
        config = connections.indices.get(self.index_name, {})
        return self.connection.prefixed(config.get("NAME") or self.index_name)

    @cached_property
    def places(self) -> Places:
        """The ids and the routing of the documents."""
        places: Places = self.document.make_places()
        return places

    @cached_property
    def reads(self) -> Reads:
        """The columns that affect the document."""
        return Reads(self.document)

    @cached_property
    def source(self) -> Source:
        """The compiled plan that turns rows into documents."""
        return Source(self.document)


def read_options(
    document: type[Declared], declared: type | None, index_name: str | None, using: str
) -> dict[str, Any]:
    """Return the arguments of :class:`DjangoOptions` that ``class Django`` declares.

    Raises:
        DocumentMisdeclared: there is no model or no index name, or an unknown option.
    """
    name = document.__qualname__
    options = {
        key: value for key, value in vars(declared or object).items() if not key.startswith("_")
    }
    if declared is None or not _is_model(options.get("model")):
        raise DocumentMisdeclared(f"{name} names no model: add `class Django: model = …` to it.")
    if not index_name or index_name == "*":
        raise DocumentMisdeclared(f"{name} names no index: add `class Index: name = …` to it.")
    unknown = sorted(set(options) - _KNOWN)
    if unknown:
        raise DocumentMisdeclared(
            f"{name}.Django has an unknown option {', '.join(unknown)}: "
            f"known are {', '.join(sorted(_KNOWN))}."
        )
    if options.get("capture", "signals") not in CAPTURES:
        raise DocumentMisdeclared(
            f"{name}.Django has capture = {options['capture']!r}: it is one of "
            f"{', '.join(map(repr, CAPTURES))}."
        )
    for key in ("fields", "related_models", "modified_fields"):
        options[key] = _as_tuple(options.get(key, ()))
    return {**options, "document": document, "index_name": index_name, "using": using}


def _is_model(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, models.Model)


def _as_tuple(value: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(value)
