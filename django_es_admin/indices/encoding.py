"""Encode documents as JSON, with the types that Django's encoder and the client support.

orjson encodes nearly all documents. It writes NaN as null, and knows neither the current field nor
the mapping. If that matters, each value is first converted to a plain value.
"""

import base64
import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, NoReturn
from uuid import UUID

import orjson
from django.conf import settings
from django.utils import translation
from django.utils.duration import duration_iso_string
from django.utils.functional import Promise
from elasticsearch import dsl
from elasticsearch.dsl.utils import AttrDict, AttrList, ObjectBase
from elasticsearch.serializer import JsonSerializer

from ..documents.written.encoded import Encoded

_CLIENT = JsonSerializer()
_NUMBERS = (dsl.Integer, dsl.Float, dsl.UnsignedLong)
# Types that orjson writes unchanged, and that contain no other values.
_PLAIN = frozenset((str, int, bool, type(None), Decimal, datetime, date, UUID))


class NotEncodable(Exception):
    """A value of a document cannot be written as JSON, or does not fit its field.

    Args:
        field: the name of the field, with the names of the objects that contain it.
        why: what is wrong with the value. The value itself is not shown, because it may have any
            size.
    """

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field} {why}" if field else f"It {why}")


def encode_document(source: Mapping[str, Any], mapping: Any = None) -> bytes:
    """Return a document as JSON.

    Args:
        source: the document.
        mapping: the mapping of the index, which decides how bytes, ranges and durations are
            written.

    Raises:
        NotEncodable: a value cannot be written, or Elasticsearch would read a different value.
    """
    if isinstance(source, Encoded):
        return source.body
    try:
        body = orjson.dumps(source, default=_default, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:
        pass
    else:
        if b"null" not in body or not _may_hide(source):
            return body
    try:
        plain = _plain_object(source, mapping, "")
    except RecursionError:
        raise NotEncodable("", "contains itself, or is nested without end.") from None
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        number = float(value)
        if math.isfinite(number):
            return number
    if isinstance(value, Promise):
        return _text(value)
    raise TypeError


def _text(value: Promise) -> str:
    # A document does not depend on the active language.
    with translation.override(settings.LANGUAGE_CODE):
        return str(value)


def _may_hide(value: Any) -> bool:
    """Return whether a null may stand for something else, such as NaN."""
    kind = type(value)
    if kind in _PLAIN:
        return False
    if kind is float:
        return not math.isfinite(value)
    if kind is dict:
        return any(map(_may_hide, value.values()))
    if kind in (list, tuple):
        return any(map(_may_hide, value))
    return True


def _plain_object(values: Mapping[Any, Any], mapping: Any, place: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = _name(key, place)
        if name in found:
            raise NotEncodable(place, f"has two keys that are {name!r} as text.")
        field = mapping[name] if mapping is not None and name in mapping else None
        found[name] = _plain(value, field, f"{place}.{name}" if place else name)
    return found


def _name(key: Any, place: str) -> str:
    """Return a key as text, as Python's own encoder does."""
    if isinstance(key, Enum):
        key = key.value
    if key is None or isinstance(key, bool):
        return json.dumps(key)
    if isinstance(key, (str, int, float, Decimal, UUID, date, Promise)):
        return str(_plain(key, None, place))
    raise NotEncodable(place, f"has a key of the type {type(key).__name__}, not a text.")


def _plain(value: Any, field: Any, place: str) -> Any:
    for kinds, write in _WRITERS:
        if isinstance(value, kinds):
            return write(value, field, place)
    return _compound(value, field, place)


def _compound(value: Any, field: Any, place: str) -> Any:
    bounds = _bounds(value)
    if bounds is not None:
        return _range(value, bounds, field, place)
    if isinstance(value, (AttrDict, ObjectBase)):
        value = value.to_dict()
    elif isinstance(value, AttrList):
        value = list(value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {
            one.name: getattr(value, one.name)
            for one in dataclasses.fields(value)
            if not one.name.startswith("_")
        }
    if isinstance(value, Mapping):
        return _plain_object(value, getattr(field, "_mapping", None), place)
    if isinstance(value, (list, tuple)):
        return [_plain(one, field, place) for one in value]
    try:
        # NumPy and pandas, without importing them.
        return _plain(_CLIENT.default(value), field, place)
    except TypeError:
        _refuse(value, place, "give a text, a number, a date, a list or a dict")


def _refuse(value: Any, place: str, mend: str) -> NoReturn:
    kind = type(value).__name__
    raise NotEncodable(
        place, f"holds a value of the type {kind}, which JSON does not have: {mend}."
    )


def _checked(text: str, _: Any, place: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotEncodable(
            place, "holds a value of the type str with half a character in it (a surrogate)."
        ) from None
    return text


def _number(value: float | Decimal, _: Any, place: str) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise NotEncodable(
            place,
            f"holds a value of the type {type(value).__name__} that is {number}, "
            f"which JSON does not have: give a number, or None.",
        )
    return number


def _moment(value: date | time, _: Any, place: str) -> str:
    text = value.isoformat()
    if text == "NaT":
        raise NotEncodable(place, "holds a value of the type NaT, which is not a date: give None.")
    return text


def _duration(value: timedelta, field: Any, _: str) -> float | str:
    return value.total_seconds() if isinstance(field, _NUMBERS) else duration_iso_string(value)


def _binary(value: bytes | bytearray | memoryview, field: Any, place: str) -> str:
    if not isinstance(field, dsl.Binary):
        _refuse(value, place, "declare a BinaryField, or decode it")
    return base64.b64encode(value).decode()


_WRITERS: tuple[tuple[Any, Callable[[Any, Any, str], Any]], ...] = (
    # First, because many of them are also texts or numbers.
    (Enum, lambda value, field, place: _plain(value.value, field, place)),
    (Promise, lambda value, field, place: _text(value)),
    (str, _checked),
    ((int, type(None)), lambda value, field, place: value),
    ((float, Decimal), _number),
    ((date, time), _moment),
    (UUID, lambda value, field, place: str(value)),
    (timedelta, _duration),
    ((bytes, bytearray, memoryview), _binary),
)


def _bounds(value: Any) -> dict[str, Any] | None:
    """Return the bounds of a range, named as in a range query; None for any other value."""
    if isinstance(value, range):
        if value.step != 1:
            return None
        return {"gte": value.start, "lt": value.stop}
    # The range types of both versions of psycopg, which may not be installed.
    if not all(hasattr(value, name) for name in ("lower", "upper", "lower_inc", "upper_inc")):
        return None
    lower, upper = value.lower, value.upper
    found = {} if lower is None else {"gte" if value.lower_inc else "gt": lower}
    return found if upper is None else {**found, "lte" if value.upper_inc else "lt": upper}


def _range(value: Any, bounds: dict[str, Any], field: Any, place: str) -> Any:
    if not str(getattr(field, "name", "")).endswith("_range"):
        _refuse(value, place, "declare a range field, such as IntegerRangeField")
    if getattr(value, "isempty", False) or (isinstance(value, range) and not value):
        # The range is empty. Elasticsearch can only represent this as a missing value.
        return None
    return {word: _plain(bound, None, place) for word, bound in bounds.items()}
