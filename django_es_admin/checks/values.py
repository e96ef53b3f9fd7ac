"""Report fields that would have no value, or a wrong value, in every document."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from elasticsearch import dsl

from ..documents import Document
from ..documents.described.field import holds_list
from ..documents.described.overrides import is_overridden
from ..documents.described.paths import find_relation, path_of
from ..documents.described.places import Places
from ..documents.described.valued import valued
from ..documents.fields import field_for
from .messages import error

Model = type[models.Model]


def check_values(document: type[Document]) -> Iterator[CheckMessage]:
    mapping = document._doc_type.mapping
    # A class with its own ids may also set a routing.
    if type(document.django.places) is Places:
        yield from _check_routing(document, mapping)
    if not (document.fields_read_by_themselves or is_overridden(document, "prepare")):
        yield from _check_paths(document, document.django.model, document, mapping, "")


def _check_routing(document: type[Document], mapping: Any) -> Iterator[CheckMessage]:
    names = [name for name, field in _all(mapping, "") if isinstance(field, dsl.Join)]
    if mapping.to_dict().get("_routing", {}).get("required"):
        names.append("_routing")
    for name in names:
        yield error(
            "E044",
            f"{document.__name__}.{name} needs a routing, but documents are written without one.",
            "Give each model a document and an index of its own, or declare related objects as a "
            "NestedField.",
            document,
        )
    for name, field in _all(mapping, ""):
        other = getattr(field, "_es_name", None)
        if other:
            yield error(
                "E045",
                f"{document.__name__}.{name} has an es_name, but documents are written with the "
                f"names of the fields in the class.",
                f"Give the field the name {other!r}, and attr={name!r}.",
                document,
            )


def _all(mapping: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name in mapping:
        field = mapping[name]
        yield f"{prefix}{name}", field
        if isinstance(field, dsl.Object):
            yield from _all(field._mapping, f"{prefix}{name}.")


def _check_paths(
    document: type[Document], model: Model, holder: type, mapping: Any, prefix: str
) -> Iterator[CheckMessage]:
    for name in valued(mapping):
        field = mapping[name]
        if hasattr(holder, f"prepare_{name}"):
            continue
        path, place = path_of(name, field), f"{document.__name__}.{prefix}{name}"
        end, problem = _walk(model, path)
        inner = isinstance(field, dsl.Object) and list(field._mapping)
        if not problem and end is not None and not inner:
            problem = f"which leads to objects of {end._meta.label}, not to values"
        if problem:
            yield error(
                "E042",
                f"{place} reads {'.'.join(path)!r}, {problem}.",
                f"Declare an ObjectField or a NestedField with properties, or add a method "
                f"prepare_{name}(self, instance).",
                document,
            )
        elif holds_list(field) and _is_scalar(model, path):
            yield error(
                "E043",
                f"{place} is a ListField of {'.'.join(path)!r}, which holds one value.",
                "Declare the field without ListField, or let it read a list.",
                document,
            )
        elif inner and end is not None:
            yield from _check_paths(
                document, end, field._doc_class, field._mapping, f"{prefix}{name}."
            )


def _walk(model: Model, path: tuple[str, ...]) -> tuple[Model | None, str]:
    """Return the model at the end of a path, None for a value, and what is wrong with the path."""
    at, many = model, ""
    for part in path:
        if many and part.isdigit():
            many = ""
            continue
        if many:
            return None, f"and {many!r} leads to any number of objects, which have no {part!r}"
        step = find_relation(at, part)
        if step is None:
            return None, ""
        at, many = step.model, part if step.many else ""
    return at, ""


def _is_scalar(model: Model, path: tuple[str, ...]) -> bool:
    """Return whether a path ends at a column with single values."""
    for part in path[:-1]:
        step = find_relation(model, part)
        if step is None:
            return False
        model = step.model
    try:
        column = model._meta.pk if path[-1] == "pk" else model._meta.get_field(path[-1])
    except FieldDoesNotExist:
        return False
    return isinstance(column, models.Field) and field_for(column) is not None
