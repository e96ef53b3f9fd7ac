"""The field types, with the values that django-elasticsearch-dsl gives them.

A field reads its value with ``get_value_from_instance()``, which may be overridden.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MethodType
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models.fields.files import FieldFile
from django.db.models.manager import BaseManager
from django.utils.functional import Promise
from elasticsearch import dsl

from ..documents.described.field import DjangoField
from ..documents.fields import MODEL_FIELDS
from .exceptions import VariableLookupError

__all__ = [
    "BooleanField",
    "ByteField",
    "CompletionField",
    "DEDField",
    "DateField",
    "DoubleField",
    "FileField",
    "FileFieldMixin",
    "FloatField",
    "GeoPointField",
    "GeoShapeField",
    "IntegerField",
    "IpField",
    "KeywordField",
    "ListField",
    "LongField",
    "NestedField",
    "ObjectField",
    "ScaledFloatField",
    "SearchAsYouTypeField",
    "ShortField",
    "TextField",
    "TimeField",
]

_LOOKUPS = (TypeError, AttributeError, KeyError, ValueError, IndexError)


class DEDField(DjangoField):
    """A field that reads its value from a model instance.

    Args:
        attr: path of keys, attributes and positions, separated by dots; by default the field's own
            name.
        required: whether a path without a value is an error.
    """

    @property
    def _path(self) -> list[str]:
        return list(self.path)

    @_path.setter
    def _path(self, path: Iterable[str]) -> None:
        object.__setattr__(self, "path", tuple(path))

    def read_from(self, name: str) -> None:
        """Read the value from the attribute ``name``."""
        self._path = [name]

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("get_value_from_instance", "_path"):
            # dsl.Field would treat it as a parameter of the mapping.
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @property
    def has_code(self) -> bool:
        """Whether code decides the value, and not only the path."""
        own = type(self).get_value_from_instance is not DEDField.get_value_from_instance
        return own or "get_value_from_instance" in vars(self)

    @property
    def may_read_anything(self) -> bool:
        """Whether the project has its own way to read the value."""
        ours = f"{__name__.partition('.')[0]}."
        return not self.get_value_from_instance.__module__.startswith(ours)

    def get_value_from_instance(self, instance: Any, field_value_to_ignore: Any = None) -> Any:
        """Return the value for ``instance``.

        Args:
            field_value_to_ignore: an object to leave out.

        Raises:
            VariableLookupError: the field is required, and its path has no value.
        """
        if not instance:
            return None
        value = instance
        for part in self.path:
            try:
                value = _follow(value, part)
            except ObjectDoesNotExist:
                return None
            except _LOOKUPS as error:
                if self._required:
                    raise VariableLookupError(
                        f"The required field with the path {'.'.join(self.path)!r} finds no "
                        f"{part!r} in {value!r}."
                    ) from error
                return None
            if value is None:
                return None
        if field_value_to_ignore is not None and value == field_value_to_ignore:
            return None
        return str(value) if isinstance(value, Promise) else value


def _follow(value: Any, part: str) -> Any:
    """Return the key, attribute or item ``part`` of ``value``, called if it is callable."""
    try:
        found = value[part]
    except _LOOKUPS:
        try:
            found = getattr(value, part)
        except (TypeError, AttributeError):
            found = value[int(part)]
    if isinstance(found, BaseManager):
        return found.all()
    return found() if callable(found) else found


class BooleanField(DEDField, dsl.Boolean):
    """True or false."""


class ByteField(DEDField, dsl.Byte):
    """An 8-bit integer."""


class CompletionField(DEDField, dsl.Completion):
    """Text for the completion suggester."""


class DateField(DEDField, dsl.Date):
    """A date, or a date with a time."""


class DoubleField(DEDField, dsl.Double):
    """A 64-bit floating-point number."""


class FloatField(DEDField, dsl.Float):
    """A 32-bit floating-point number."""


class GeoPointField(DEDField, dsl.GeoPoint):
    """A point on the earth."""


class GeoShapeField(DEDField, dsl.GeoShape):
    """A shape on the earth."""


class IntegerField(DEDField, dsl.Integer):
    """A 32-bit integer."""


class IpField(DEDField, dsl.Ip):
    """An IPv4 or IPv6 address."""


class KeywordField(DEDField, dsl.Keyword):
    """Exact text: filtered, sorted and counted as a whole."""


class LongField(DEDField, dsl.Long):
    """A 64-bit integer."""


class ScaledFloatField(DEDField, dsl.ScaledFloat):
    """A number with a fixed number of decimals."""


class SearchAsYouTypeField(DEDField, dsl.SearchAsYouType):
    """Text for as-you-type search."""


class ShortField(DEDField, dsl.Short):
    """A 16-bit integer."""


class TextField(DEDField, dsl.Text):
    """Analyzed text: searched by word."""


class TimeField(KeywordField):
    """A time of day, as ISO 8601 text."""

    def get_value_from_instance(self, instance: Any, field_value_to_ignore: Any = None) -> Any:
        """Return the time as text."""
        time = super().get_value_from_instance(instance, field_value_to_ignore)
        return None if time is None else time.isoformat()


class FileFieldMixin(DEDField):
    """The URL of a file; "" if there is none."""

    def get_value_from_instance(self, instance: Any, field_value_to_ignore: Any = None) -> Any:
        """Return the URL of a file, or the value at the end of the path."""
        file = super().get_value_from_instance(instance, field_value_to_ignore)
        if isinstance(file, FieldFile):
            return file.url if file else ""
        return file or ""


class FileField(FileFieldMixin, DEDField, dsl.Text):
    """The URL of a file; "" if there is none."""


class ObjectField(DEDField, dsl.Object):
    """A related object, or several; ``{}`` if there is none.

    Args:
        properties: name -> field of the related object.
        doc_class: an ``InnerDoc`` instead, which may have methods ``prepare_<field>``.
    """

    def get_value_from_instance(self, instance: Any, field_value_to_ignore: Any = None) -> Any:
        """Return the related object as a dict, or a list of dicts."""
        value = super().get_value_from_instance(instance, field_value_to_ignore)
        if value is None:
            return {}
        if isinstance(value, Mapping) or not isinstance(value, Iterable):
            return self._get_inner_field_data(value, field_value_to_ignore)
        return [
            self._get_inner_field_data(one, field_value_to_ignore)
            for one in _in_order(value)
            if field_value_to_ignore is None or one != field_value_to_ignore
        ]

    def _get_inner_field_data(self, obj: Any, field_value_to_ignore: Any = None) -> dict[str, Any]:
        holder, data = self._doc_class(), {}
        for name in self._mapping:
            field = self._mapping[name]
            if not isinstance(field, DEDField):
                continue
            if not field.path:
                field.read_from(name)
            prepare: Callable[[Any], Any] | None = getattr(holder, f"prepare_{name}", None)
            if prepare is not None:
                data[name] = prepare(obj)
            else:
                data[name] = field.get_value_from_instance(obj, field_value_to_ignore)
        if not data and isinstance(obj, Mapping):
            # Undeclared keys, which Elasticsearch maps dynamically.
            return dict(obj)
        return data


class NestedField(ObjectField, dsl.Nested):
    """Related objects, each of which is searched as a unit.

    Args:
        properties: name -> field of the related object.
    """


def ListField(field: DEDField) -> DEDField:  # noqa: N802 (the name users know)
    """Make ``field`` a list of all values it reads; [] if there are none."""
    find = field.get_value_from_instance

    def get_value_from_instance(
        self: DEDField, instance: Any, field_value_to_ignore: Any = None
    ) -> list[Any]:
        found = find(instance, field_value_to_ignore)
        return list(_in_order(found)) if found else []

    field.get_value_from_instance = MethodType(get_value_from_instance, field)  # type: ignore[method-assign]
    return field


def _in_order(values: Iterable[Any]) -> Iterable[Any]:
    """Return objects sorted by key if they have no order, so that the document never changes."""
    if isinstance(values, models.QuerySet) and not values.ordered:
        # In Python, because a query with an order would ignore the prefetched objects.
        objects = list(values)
        if all(isinstance(one, models.Model) for one in objects):
            return sorted(objects, key=lambda one: one.pk)
    return values


model_field_class_to_field_class: "dict[type[models.Field[Any, Any]], Any]" = {
    kind: globals()[made.__name__]
    for kind, made in MODEL_FIELDS.items()
    # django-elasticsearch-dsl has no field for it.
    if kind is not models.BinaryField
}
"""The field type for a name in ``fields``, by the class of the model field."""
