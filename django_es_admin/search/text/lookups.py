"""The columns that the database searches if Elasticsearch does not answer."""

from collections.abc import Iterable
from typing import Any, Protocol

from django.db import models
from elasticsearch import dsl

from ...documents import Document
from ...documents.described.overrides import has_prepare
from ...documents.described.paths import find_column, find_relation, path_of


class HasPath(Protocol):
    """A field of a document."""

    @property
    def path(self) -> str:
        """The full name of the field."""


def database_lookups(document: type[Document], fields: Iterable[HasPath]) -> tuple[str, ...]:
    """Return the model's lookups for ``fields``, each once: ``"tags__name"`` for ``"tags.name^2"``.

    A field that is not made from a column (but from a method, a property or ``prepare_``) has no
    lookup.
    """
    found = (find_lookup(document, field.path) for field in fields)
    return tuple(dict.fromkeys(lookup for lookup in found if lookup))


def find_lookup(document: type[Document], path: str) -> str:
    """Return the lookup of the column that the document's field ``path`` is made from, or ""."""
    found = find_source(document, path)
    return found[0] if found else ""


def find_source(document: type[Document], path: str) -> "tuple[str, models.Field[Any, Any]] | None":
    """Return the column that the document's field ``path`` is made from, and its lookup, or None.

    The field may also be another form of the column's value, but not a relation.
    """
    model = document.django.model
    holder: Any = document
    mapping: Any = document._doc_type.mapping
    lookup: list[str] = []
    for step in path.split("."):
        if step not in mapping or has_prepare(holder, step):
            return None
        field = mapping[step]
        *relations, last = path_of(step, field)
        is_object = isinstance(field, dsl.Object)
        for name in (*relations, last) if is_object else relations:
            relation = find_relation(model, name)
            if relation is None:
                return None
            lookup.append(relation.lookup)
            model = relation.model
        if not is_object:
            # A further name, as in "brand.text", is the same value indexed in another way.
            column = find_column(model, last)
            if column is None or column.is_relation:
                return None
            return "__".join((*lookup, last)), column
        holder, mapping = field._doc_class, field._mapping
    return None
