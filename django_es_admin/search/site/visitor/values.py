"""Read values from visitors strictly. The error for an invalid value names its parameter."""

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ....exceptions import SearchParameterInvalid
from ...text.fields import SearchField

MAX_CHARACTERS = 1_000
MAX_VALUES = 100
# Elasticsearch's floating-point fields cannot store greater numbers, and no price is so high.
MAX_NUMBER = 1e15
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_INTEGERS = frozenset(("byte", "short", "integer", "long", "unsigned_long"))
_NUMBERS = _INTEGERS | {"half_float", "float", "double", "scaled_float"}


def is_given(value: Any) -> bool:
    """Return whether a parameter has a value. An empty field of a form counts as no value."""
    return value is not None and value != "" and value not in ([], ())


def read_text(name: str, value: Any, longest: int = MAX_CHARACTERS) -> str:
    """Return a text.

    Raises:
        SearchParameterInvalid: it is not a text, is too long, or has invalid characters.
    """
    if not isinstance(value, str):
        raise _invalid(name, _("“%(name)s” must be a single text."))
    if len(value) > longest:
        text = ngettext(
            "“%(name)s” is longer than %(longest)s character.",
            "“%(name)s” is longer than %(longest)s characters.",
            longest,
        )
        raise _invalid(name, text, longest=longest)
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise _invalid(name, _("“%(name)s” has characters that are not allowed."))
    return value


def read_whole(name: str, value: Any, lowest: int | None = 1) -> int:
    """Return a whole number, which must be at least ``lowest`` if that is not None.

    Raises:
        SearchParameterInvalid: it is none.
    """
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise _invalid(name, _("“%(name)s” must be a whole number."))
    if lowest is not None and value < lowest:
        text = _("“%(name)s” must be a whole number of %(lowest)s or more.")
        raise _invalid(name, text, lowest=lowest)
    return value


def read_values(name: str, value: Any, field: SearchField) -> list[Any]:
    """Return the values of a field, one or several.

    Raises:
        SearchParameterInvalid: the field cannot have one of the values.
    """
    values = list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
    if len(values) > MAX_VALUES:
        text = ngettext(
            "“%(name)s” has more than %(longest)s value.",
            "“%(name)s” has more than %(longest)s values.",
            MAX_VALUES,
        )
        raise _invalid(name, text, longest=MAX_VALUES)
    read = _reader(field)
    return [read(name, each) for each in values]


def read_bound(name: str, value: Any, field: SearchField) -> Any:
    """Return a bound of a range: a number or, for a date field, a day or a time.

    Raises:
        SearchParameterInvalid: it is none.
    """
    return _moment(name, value) if field.type == "date" else _number(name, value)


def _reader(field: SearchField) -> Callable[[str, Any], Any]:
    if field.type == "boolean":
        return _flag
    if field.type in _INTEGERS:
        return lambda name, value: read_whole(name, value, lowest=None)
    if field.type in _NUMBERS:
        return _number
    if field.type == "date":
        return _moment
    return lambda name, value: read_text(
        name, str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    )


def _flag(name: str, value: Any) -> bool:
    found = _FLAGS.get(str(value).lower())
    if found is None:
        raise _invalid(name, _("“%(name)s” must be true or false."))
    return found


def _number(name: str, value: Any) -> float | int:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, Decimal):
        value = float(value)
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not math.isfinite(value)
        or abs(value) > MAX_NUMBER
    ):
        raise _invalid(name, _("“%(name)s” must be a number."))
    return value


def _moment(name: str, value: Any) -> str:
    if isinstance(value, str):
        try:
            value = parse_date(value) or parse_datetime(value)
        except ValueError:
            value = None
    try:
        if isinstance(value, datetime) and timezone.is_naive(value):
            value = timezone.make_aware(value)
        if isinstance(value, date):
            return value.isoformat()
    except (OverflowError, ValueError):
        pass
    raise _invalid(name, _("“%(name)s” must be a date, for example 2026-11-21."))


def _invalid(name: str, text: str, **values: Any) -> SearchParameterInvalid:
    return SearchParameterInvalid(text % {"name": name, **values}, name)
