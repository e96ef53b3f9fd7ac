"""The field types of a document: those of ``elasticsearch.dsl`` that can read their values.

``attr`` is the path from the object to the value, such as ``"category.name"``. The default is the
field's own name. All other arguments are those of Elasticsearch's field type.
"""

from collections.abc import Mapping
from typing import Any

from django.db import models
from elasticsearch import dsl

from ..exceptions import DocumentMisdeclared
from .described.field import DjangoField, Listed


class BinaryField(DjangoField, dsl.Binary):
    """Base64 text, neither indexed nor searched."""


class BooleanField(DjangoField, dsl.Boolean):
    """True or false."""


class ByteField(DjangoField, dsl.Byte):
    """An 8-bit integer."""


class CompletionField(DjangoField, dsl.Completion):
    """Text for the completion suggester."""


class DateField(DjangoField, dsl.Date):
    """A date, or a date with a time."""


class DateRangeField(DjangoField, dsl.DateRange):
    """A range of dates: a range of PostgreSQL, or a dict such as ``{"gte": …}``."""


class DoubleField(DjangoField, dsl.Double):
    """A 64-bit floating-point number."""


class DoubleRangeField(DjangoField, dsl.DoubleRange):
    """A range of 64-bit floating-point numbers; see :class:`DateRangeField`."""


class FloatField(DjangoField, dsl.Float):
    """A 32-bit floating-point number."""


class FloatRangeField(DjangoField, dsl.FloatRange):
    """A range of 32-bit floating-point numbers; see :class:`DateRangeField`."""


class GeoPointField(DjangoField, dsl.GeoPoint):
    """A point on the earth."""


class GeoShapeField(DjangoField, dsl.GeoShape):
    """A shape on the earth."""


class IntegerField(DjangoField, dsl.Integer):
    """A 32-bit integer."""


class IntegerRangeField(DjangoField, dsl.IntegerRange):
    """A range of 32-bit integers; see :class:`DateRangeField`."""


class IpField(DjangoField, dsl.Ip):
    """An IPv4 or IPv6 address."""


class IpRangeField(DjangoField, dsl.IpRange):
    """A range of IP addresses, or a network such as ``10.0.0.0/8``."""


class KeywordField(DjangoField, dsl.Keyword):
    """Exact text: filtered, sorted and counted as a whole."""


class LongField(DjangoField, dsl.Long):
    """A 64-bit integer."""


class LongRangeField(DjangoField, dsl.LongRange):
    """A range of 64-bit integers; see :class:`DateRangeField`."""


class ScaledFloatField(DjangoField, dsl.ScaledFloat):
    """A number with a fixed number of decimals; needs Elasticsearch's mapper-extras module."""


class SearchAsYouTypeField(DjangoField, dsl.SearchAsYouType):
    """Text for as-you-type search; needs Elasticsearch's mapper-extras module."""


class ShortField(DjangoField, dsl.Short):
    """A 16-bit integer."""


class TextField(DjangoField, dsl.Text):
    """Analyzed text: searched by word."""


class ObjectField(DjangoField, dsl.Object):
    """A related object, or several, merged into the document.

    Args:
        properties: name -> field of the related object.
    """


class NestedField(DjangoField, dsl.Nested):
    """Related objects, each of which is searched as a unit.

    Args:
        properties: name -> field of the related object.
    """


class FileField(DjangoField, dsl.Keyword):
    """The URL of a file; null if there is none."""

    def __init__(self, *args: Any, attr: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, attr=attr, **kwargs)
        object.__setattr__(self, "convert", _url)


class TimeField(DjangoField, dsl.Keyword):
    """A time of day as ISO 8601 text, which sorts correctly."""


def ListField(field: DjangoField) -> DjangoField:  # noqa: N802 (the name users know)
    """Make ``field`` a list of all values that its path leads to.

    Raises:
        DocumentMisdeclared: ``field`` is not a field of a document.
    """
    if not isinstance(field, DjangoField):
        raise DocumentMisdeclared(
            f"ListField takes a field, as ListField(KeywordField()), not {field!r}."
        )
    object.__setattr__(field, "convert", Listed(field.convert))
    return field


def _url(file: Any) -> str | None:
    return file.url if file else None


MODEL_FIELDS: "Mapping[type[models.Field[Any, Any]], type[DjangoField]]" = {
    models.AutoField: IntegerField,
    models.BigAutoField: LongField,
    models.BigIntegerField: LongField,
    models.BinaryField: BinaryField,
    models.BooleanField: BooleanField,
    models.CharField: TextField,
    models.DateField: DateField,
    models.DateTimeField: DateField,
    models.DecimalField: DoubleField,
    models.EmailField: TextField,
    models.FileField: FileField,
    models.FilePathField: KeywordField,
    models.FloatField: DoubleField,
    models.GenericIPAddressField: IpField,
    models.ImageField: FileField,
    models.IntegerField: IntegerField,
    models.PositiveBigIntegerField: LongField,
    models.PositiveIntegerField: IntegerField,
    models.PositiveSmallIntegerField: ShortField,
    models.SlugField: KeywordField,
    models.SmallAutoField: ShortField,
    models.SmallIntegerField: ShortField,
    models.TextField: TextField,
    models.TimeField: TimeField,
    models.URLField: TextField,
    models.UUIDField: KeywordField,
}
"""The field type that ``Django.fields`` uses for a model field; the nearest base class counts."""


def field_for(model_field: "models.Field[Any, Any]") -> DjangoField | None:
    """Return a new document field for ``model_field``; None if its class is not known."""
    for kind in type(model_field).__mro__:
        if kind in MODEL_FIELDS:
            return MODEL_FIELDS[kind](attr=model_field.name)
    return None
