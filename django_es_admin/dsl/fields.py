"""The field types, with the values that django-elasticsearch-dsl gives them.

``get_value_from_instance()`` is where a field finds its value, and may be overridden.
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
    """A field that finds its value in a model instance.

    Args:
        attr: path of keys, attributes and positions, separated by dots; the field's own name if
            omitted.
        required: whether a path that leads nowhere is an error.
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
            # dsl.Field would make it a parameter of the mapping.
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @property
    def has_code(self) -> bool:
        """Whether its value is something else than what its path leads to."""
        own = type(self).get_value_from_instance is not DEDField.get_value_from_instance
        return own or "get_value_from_instance" in vars(self)

    @property
    def may_read_anything(self) -> bool:
        """Whether the project has its own way to find the value."""
        ours = f"{__name__.partition('.')[0]}."
        return not self.get_value_from_instance.__module__.startswith(ours)

    def get_value_from_instance(self, instance: Any, field_value_to_ignore: Any = None) -> Any:
        """Return what is indexed of ``instance``.

        Args:
            field_value_to_ignore: an object that is to be left out.

        Raises:
            VariableLookupError: the field is required, and its path leads nowhere.
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
    """Return the key, attribute or item ``part`` of ``value``, called if it can be."""
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
    """An integer of 8 bits."""


class CompletionField(DEDField, dsl.Completion):
    """Text for the completion suggester."""


class DateField(DEDField, dsl.Date):
    """A date or a moment."""


class DoubleField(DEDField, dsl.Double):
    """A floating-point number of 64 bits."""


class FloatField(DEDField, dsl.Float):
    """A floating-point number of 32 bits."""


class GeoPointField(DEDField, dsl.GeoPoint):
    """A point on earth."""


class GeoShapeField(DEDField, dsl.GeoShape):
    """A shape on earth."""


class IntegerField(DEDField, dsl.Integer):
    """An integer of 32 bits."""


class IpField(DEDField, dsl.Ip):
    """An IPv4 or IPv6 address."""


class KeywordField(DEDField, dsl.Keyword):
    """Exact text: filtered, sorted and counted as a whole."""


class LongField(DEDField, dsl.Long):
    """An integer of 64 bits."""


class ScaledFloatField(DEDField, dsl.ScaledFloat):
    """A number with a fixed number of decimals."""


class SearchAsYouTypeField(DEDField, dsl.SearchAsYouType):
    """Text for as-you-type search."""


class ShortField(DEDField, dsl.Short):
    """An integer of 16 bits."""


class TextField(DEDField, dsl.Text):
    """Analysed text: searched by word."""


class TimeField(KeywordField):
    """A time of day, as ISO 8601 text."""

    def get_value_from_instance(self, instance: Any, field_value_to_ignore: Any = None) -> Any:
        """Return the time as text."""
        time = super().get_value_from_instance(instance, field_value_to_ignore)
        return None if time is None else time.isoformat()


class FileFieldMixin(DEDField):
    """A file's URL; "" where there is none."""

    def get_value_from_instance(self, instance: Any, field_value_to_ignore: Any = None) -> Any:
        """Return the URL of a file, or whatever else the path leads to."""
        file = super().get_value_from_instance(instance, field_value_to_ignore)
        if isinstance(file, FieldFile):
            return file.url if file else ""
        return file or ""


class FileField(FileFieldMixin, DEDField, dsl.Text):
    """A file's URL; "" where there is none."""


class ObjectField(DEDField, dsl.Object):
    """A related object, or several; ``{}`` where there is none.

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
            # Keys that are not declared: Elasticsearch maps them dynamically.
            return dict(obj)
        return data


class NestedField(ObjectField, dsl.Nested):
    """Related objects, each searched as a unit.

    Args:
        properties: name -> field of the related object.
    """


def ListField(field: DEDField) -> DEDField:  # noqa: N802 (the name users know)
    """Make ``field`` hold a list: what it finds, value by value; [] where it finds nothing."""
    find = field.get_value_from_instance

    def get_value_from_instance(
        self: DEDField, instance: Any, field_value_to_ignore: Any = None
    ) -> list[Any]:
        found = find(instance, field_value_to_ignore)
        return list(_in_order(found)) if found else []

    field.get_value_from_instance = MethodType(get_value_from_instance, field)  # type: ignore[method-assign]
    return field


def _in_order(values: Iterable[Any]) -> Iterable[Any]:
    """Return objects without an order of their own by their keys: a document has to be one."""
    if isinstance(values, models.QuerySet) and not values.ordered:
        # In Python, as a query with an order would pass the prefetched objects by.
        objects = list(values)
        if all(isinstance(one, models.Model) for one in objects):
            return sorted(objects, key=lambda one: one.pk)
    return values


model_field_class_to_field_class: "dict[type[models.Field[Any, Any]], Any]" = {
    kind: globals()[made.__name__]
    for kind, made in MODEL_FIELDS.items()
    # django-elasticsearch-dsl knows none for it.
    if kind is not models.BinaryField
}
"""Which field type a name in ``fields`` gets, by the class of the model field."""
