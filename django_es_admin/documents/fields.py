"""The field types of a document: those of ``elasticsearch.dsl`` that know where a value is.

``attr`` is the path from the object to the value, ``"category.name"``; without it the field's own
name is the path. All other arguments are those of Elasticsearch's field type.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files import File
from django.db import models
from django.utils.functional import Promise
from elasticsearch import dsl

from ..exceptions import DocumentMisdeclared
from ..incidents import Explained

# Lucene refuses a keyword of more than 32,766 bytes, and with it the whole document; a character
# takes up to four of them in UTF-8 (Elasticsearch reference, "ignore_above").
KEYWORD_MAX_CHARACTERS = 32_766 // 4


class NoListError(Explained, TypeError):
    """What is no list was given to a ``ListField``."""


class DjangoField(dsl.Field):
    """A field that finds its value in a model instance.

    Args:
        attr: path of attributes, separated by dots; the field's own name if omitted.
        fields: multi-fields, name -> field: the same value indexed in another way.
    """

    path: tuple[str, ...]
    convert: Callable[[Any], Any] | None

    def __init__(self, *args: Any, attr: str | None = None, **kwargs: Any) -> None:
        for subfield in (kwargs.get("fields") or {}).values():
            if isinstance(subfield, dsl.Keyword) and "ignore_above" not in subfield.to_dict():
                subfield._params["ignore_above"] = KEYWORD_MAX_CHARACTERS
        super().__init__(*args, **kwargs)
        # dsl.Field keeps unknown attributes out of the mapping only if set past its own setter.
        object.__setattr__(self, "path", tuple(attr.split(".")) if attr else ())
        object.__setattr__(self, "convert", None)

    @property
    def has_code(self) -> bool:
        """Whether its value is something else than what its path leads to."""
        return self.convert is not None

    @property
    def may_read_anything(self) -> bool:
        """Whether nobody knows which columns its value is made of."""
        return False


class BinaryField(DjangoField, dsl.Binary):
    """Base64 text, neither indexed nor searched."""


class BooleanField(DjangoField, dsl.Boolean):
    """True or false."""


class ByteField(DjangoField, dsl.Byte):
    """An integer of 8 bits."""


class CompletionField(DjangoField, dsl.Completion):
    """Text for the completion suggester."""


class DateField(DjangoField, dsl.Date):
    """A date or a moment."""


class DateRangeField(DjangoField, dsl.DateRange):
    """Dates or moments from one to another: a range of PostgreSQL, or a dict as ``{"gte": …}``."""


class DoubleField(DjangoField, dsl.Double):
    """A floating-point number of 64 bits."""


class DoubleRangeField(DjangoField, dsl.DoubleRange):
    """Floating-point numbers of 64 bits from one to another; see :class:`DateRangeField`."""


class FloatField(DjangoField, dsl.Float):
    """A floating-point number of 32 bits."""


class FloatRangeField(DjangoField, dsl.FloatRange):
    """Floating-point numbers of 32 bits from one to another; see :class:`DateRangeField`."""


class GeoPointField(DjangoField, dsl.GeoPoint):
    """A point on earth."""


class GeoShapeField(DjangoField, dsl.GeoShape):
    """A shape on earth."""


class IntegerField(DjangoField, dsl.Integer):
    """An integer of 32 bits."""


class IntegerRangeField(DjangoField, dsl.IntegerRange):
    """Integers of 32 bits from one to another; see :class:`DateRangeField`."""


class IpField(DjangoField, dsl.Ip):
    """An IPv4 or IPv6 address."""


class IpRangeField(DjangoField, dsl.IpRange):
    """IP addresses from one to another, or a network as ``10.0.0.0/8``."""


class KeywordField(DjangoField, dsl.Keyword):
    """Exact text: filtered, sorted and counted as a whole."""


class LongField(DjangoField, dsl.Long):
    """An integer of 64 bits."""


class LongRangeField(DjangoField, dsl.LongRange):
    """Integers of 64 bits from one to another; see :class:`DateRangeField`."""


class ScaledFloatField(DjangoField, dsl.ScaledFloat):
    """A number with a fixed number of decimals; needs Elasticsearch's mapper-extras module."""


class SearchAsYouTypeField(DjangoField, dsl.SearchAsYouType):
    """Text for as-you-type search; needs Elasticsearch's mapper-extras module."""


class ShortField(DjangoField, dsl.Short):
    """An integer of 16 bits."""


class TextField(DjangoField, dsl.Text):
    """Analysed text: searched by word."""


class ObjectField(DjangoField, dsl.Object):
    """A related object, or several, flattened into the document.

    Args:
        properties: name -> field of the related object.
    """


class NestedField(DjangoField, dsl.Nested):
    """Related objects, each searched as a unit.

    Args:
        properties: name -> field of the related object.
    """


class FileField(DjangoField, dsl.Keyword):
    """The URL of a file; null where there is none."""

    def __init__(self, *args: Any, attr: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, attr=attr, **kwargs)
        object.__setattr__(self, "convert", _url)


class TimeField(DjangoField, dsl.Keyword):
    """A time of day, as ISO 8601 text, which sorts as time does."""


def ListField(field: DjangoField) -> DjangoField:  # noqa: N802 (the name users know)
    """Make ``field`` hold a list: every value of the iterable that its path leads to.

    Raises:
        DocumentMisdeclared: ``field`` is none of a document.
    """
    if not isinstance(field, DjangoField):
        raise DocumentMisdeclared(
            f"ListField takes a field, as ListField(KeywordField()), not {field!r}."
        )
    object.__setattr__(field, "convert", _List(field.convert))
    return field


def holds_list(field: object) -> bool:
    """Whether ``field`` was given to :func:`ListField`."""
    return isinstance(getattr(field, "convert", None), _List)


def _url(file: Any) -> str | None:
    return file.url if file else None


@dataclass(frozen=True)
class _List:
    """Makes a list of what a path leads to.

    Args:
        convert: makes the value of each; None to take it as it is.
    """

    convert: Callable[[Any], Any] | None

    def __call__(self, values: Any) -> list[Any]:
        if values is None or (isinstance(values, str) and not values):
            return []
        if isinstance(values, models.Manager):
            values = values.all()
        if not isinstance(values, Iterable) or isinstance(values, _NO_LISTS):
            # A text is one of characters, a file of lines, a dict of keys: nobody means that.
            raise NoListError(f"ListField takes a list, and got a value of {type(values).__name__}")
        if isinstance(values, (set, frozenset)):
            # Their order is another one in each process.
            values = sorted(values, key=str)
        return [self.convert(value) if self.convert else value for value in values]


_NO_LISTS = (str, bytes, bytearray, memoryview, Mapping, File, Promise)


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
"""Which field type ``Django.fields`` gives to a model field, the nearest class winning."""


def field_for(model_field: "models.Field[Any, Any]") -> DjangoField | None:
    """Return a new document field for ``model_field``; None if its class is not known."""
    for kind in type(model_field).__mro__:
        if kind in MODEL_FIELDS:
            return MODEL_FIELDS[kind](attr=model_field.name)
    return None
