"""Find the fields of a document that contain exactly the value of a column."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models
from elasticsearch import dsl

from ...documents import Document
from ...documents.described.overrides import is_made_by_code, is_overridden
from ...documents.described.paths import find_column, path_of

# Django's class of a column -> the types of fields that compare its values in the same way.
_COMPARABLE: Mapping[str, frozenset[str]] = {
    "BooleanField": frozenset(("boolean",)),
    **dict.fromkeys(
        ("CharField", "SlugField", "TextField", "UUIDField", "EmailField", "URLField"),
        frozenset(("keyword",)),
    ),
    **dict.fromkeys(("DateField", "DateTimeField"), frozenset(("date",))),
    **dict.fromkeys(
        (
            "AutoField",
            "BigAutoField",
            "BigIntegerField",
            "IntegerField",
            "PositiveBigIntegerField",
            "PositiveIntegerField",
            "PositiveSmallIntegerField",
            "SmallAutoField",
            "SmallIntegerField",
        ),
        frozenset(("byte", "short", "integer", "long")),
    ),
}
# Methods that decide how the database stores and compares a value.
_STORING = ("from_db_value", "get_prep_value", "get_db_prep_value", "get_db_prep_save", "db_type")
# Parameters with which a field stores, or finds, something else than the value.
_ALTERING = frozenset(("normalizer", "null_value", "format", "script", "copy_from"))


@dataclass(frozen=True)
class ColumnField:
    """A field of a document with the values of a column.

    Args:
        path: the full name of the field.
        kind: Django's class of the column, ``"DateField"``; for a foreign key, that of the key it
            refers to.
        is_nullable: whether the column may be empty.
        longest: the maximum length of an indexed value; None for any length.
    """

    path: str
    kind: str
    is_nullable: bool
    longest: int | None = None


@cache
def columns_of(document: type[Document]) -> Mapping[str, ColumnField]:
    """Return the name of a column -> the document's field with its values."""
    if is_overridden(document, "prepare"):
        return {}
    found: dict[str, ColumnField] = {}
    for path, column, described in _candidates(document):
        target = _target(column)
        kind = target.get_internal_type()
        if (
            described.get("type") in _COMPARABLE.get(kind, ())
            and not described.keys() & _ALTERING
            and described.get("index", True)
            and described.get("doc_values", True)
            and not getattr(target, "db_collation", None)
            and is_stored_plainly(target)
        ):
            longest = described.get("ignore_above")
            found.setdefault(column.attname, ColumnField(path, kind, column.null, longest))
    return found


def is_stored_plainly(column: "models.Field[Any, Any]") -> bool:
    """Return whether the database stores and compares the values as for Django's own field."""
    methods = (getattr(type(column), name, None) for name in _STORING)
    return all(each is None or each.__module__.startswith("django.") for each in methods)


def _candidates(
    document: type[Document],
) -> "Iterator[tuple[str, models.Field[Any, Any], Mapping[str, Any]]]":
    """Yield path, column and mapping of each field that contains exactly one column."""
    model = document.django.model
    mapping: Any = document._doc_type.mapping
    for name in mapping:
        field = mapping[name]
        if is_made_by_code(document, name, field):
            continue
        path = path_of(name, field)
        if not isinstance(field, dsl.Object):
            yield from _forms(name, _column(model, path), field)
        elif not isinstance(field, dsl.Nested):
            for inner in field._mapping:
                held: Any = field._mapping[inner]
                if not is_made_by_code(field._doc_class, inner, held):
                    column = _column(model, (*path, *path_of(inner, held)))
                    yield from _forms(f"{name}.{inner}", column, held)


def _forms(
    path: str, column: "models.Field[Any, Any] | None", field: Any
) -> "Iterator[tuple[str, models.Field[Any, Any], Mapping[str, Any]]]":
    if column is not None:
        described = field.to_dict()
        yield path, column, described
        for name, form in described.get("fields", {}).items():
            yield f"{path}.{name}", column, form


def _column(model: type[models.Model], path: tuple[str, ...]) -> "models.Field[Any, Any] | None":
    """Return the column of ``model`` that a path leads to: its own, or that of a foreign key."""
    name, *rest = path
    if not rest:
        return find_column(model, name)
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and field.name == name and len(rest) == 1:
            target = field.target_field
            names = (target.attname, "pk") if target.primary_key else (target.attname,)
            return field if rest[0] in names else None
    return None


def _target(column: "models.Field[Any, Any]") -> "models.Field[Any, Any]":
    while isinstance(column, models.ForeignKey):
        column = column.target_field
    return column
