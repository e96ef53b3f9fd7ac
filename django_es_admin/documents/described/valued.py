"""Which fields of a mapping have values in documents, and which are only in the mapping."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from elasticsearch import dsl

from .declared import Declared
from .paths import exists, follow, path_of

_ATTRIBUTE = "mapping_only"


def valued(mapping: Any) -> Iterator[str]:
    """Yield the names of the fields that have a value in a document."""
    return (name for name in mapping if not getattr(mapping[name], _ATTRIBUTE, False))


def mark(document: type[Declared]) -> None:
    """Mark the fields of a document class that need no value, because the model has none for them.

    An alias of another field has no value. A field that others are copied to, and a constant
    keyword, have none unless the document declares where it comes from.
    """
    mapping, model = document._doc_type.mapping, document.django.model
    places = list(_places("", document, model, mapping))
    targets = {target for place in places for target in _copied_to(place.field)}
    for place in places:
        field = place.field
        needless = place.name in targets or _is_constant(field)
        found = isinstance(field, dsl.Alias) or (needless and not place.is_read)
        object.__setattr__(field, _ATTRIBUTE, found)


@dataclass(frozen=True)
class _Place:
    """A field of a mapping, and the source of its value.

    Args:
        name: the name, with the names of the objects that contain the field.
        holder: the class that may have a method for the field.
        model: the model of the value; None if unknown.
        field: the field.
    """

    name: str
    holder: type
    model: type[models.Model] | None
    field: Any

    @property
    def is_read(self) -> bool:
        """Whether the document declares where the value comes from."""
        own = self.name.rpartition(".")[2]
        return (
            hasattr(self.holder, f"prepare_{own}")
            or path_of(own, self.field) != (own,)
            or (self.model is not None and exists(self.model, (own,)))
        )


def _places(
    prefix: str, holder: type, model: type[models.Model] | None, mapping: Any
) -> Iterator[_Place]:
    for name in mapping:
        field = mapping[name]
        yield _Place(f"{prefix}{name}", holder, model, field)
        if isinstance(field, dsl.Object):
            inner = None if model is None else follow(model, path_of(name, field))
            yield from _places(f"{prefix}{name}.", field._doc_class, inner, field._mapping)


def _copied_to(field: Any) -> list[str]:
    targets = getattr(field, "_params", {}).get("copy_to", ())
    return [str(target) for target in ([targets] if isinstance(targets, str) else targets)]


def _is_constant(field: Any) -> bool:
    return isinstance(field, dsl.ConstantKeyword) and "value" in getattr(field, "_params", {})
