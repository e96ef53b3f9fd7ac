"""Numbers, dates and booleans in a search with operators."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from ...exceptions import SearchUnreadable
from .fields import Query, SearchField, inside

# Elasticsearch refuses a search for an integer that is too large for the field.
INTEGERS = {
    "byte": 7,
    "short": 15,
    "integer": 31,
    "token_count": 31,
    "long": 63,
    "unsigned_long": 64,
}
NUMBERS = frozenset((*INTEGERS, "half_float", "float", "double", "scaled_float"))
DATES = frozenset(("date", "date_nanos"))
YES = frozenset(("true", "yes", "1"))
NO = frozenset(("false", "no", "0"))

# Typographic signs; Elasticsearch only reads the plain ones.
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\ufe58\ufe63\uff0d"), "-")
# Elasticsearch does not read digits of other scripts.
_NUMBER = re.compile(r"[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,2})?", re.ASCII)
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d)?)?)?)?", re.ASCII)
# The years whose nanoseconds fit into 64 bits.
_NANOSECONDS = range(1970, 2262)
# Length of a date -> its unit in Elasticsearch's date math.
_UNITS = {4: "y", 7: "M", 10: "d", 16: "m", 19: "s"}


def is_valued(field: SearchField) -> bool:
    """Return whether a field has values, and not words."""
    return is_compared(field) or field.type == "boolean"


def is_compared(field: SearchField) -> bool:
    """Return whether the values of a field can be greater or less than others."""
    return field.type in NUMBERS or field.type in DATES


def equal(field: SearchField, text: str, place: int) -> Query:
    """Return the query for one value; ``2026-11`` is any time in that month.

    Raises:
        SearchUnreadable: the field cannot have such a value.
    """
    if field.type in DATES:
        return between(field, {"gte": (text, place), "lte": (text, place)})
    value: Any = _yes_or_no(text, place) if field.type == "boolean" else _number(field, text, place)
    return inside(field, {"term": {field.path: value}})


def between(field: SearchField, bounds: Mapping[str, tuple[str, int]]) -> Query:
    """Return the query for values between bounds.

    Args:
        bounds: ``gt``, ``gte``, ``lt``, ``lte`` -> what was typed, and where.

    Raises:
        SearchUnreadable: the field cannot have such a value.
    """
    read = _date if field.type in DATES else _number
    values: dict[str, Any] = {key: read(field, *bound) for key, bound in bounds.items()}
    if field.type in DATES:
        # In the format that people type, regardless of the documents' own format.
        values["format"] = "strict_date_optional_time"
        if field.is_zoned:
            values["time_zone"] = timezone.get_current_timezone_name()
    return inside(field, {"range": {field.path: values}})


def _number(field: SearchField, text: str, place: int) -> str:
    text = text.translate(DASHES)
    if not _NUMBER.fullmatch(text):
        raise SearchUnreadable(_("A number belongs here."), place)
    number = Decimal(text)
    bits = INTEGERS.get(field.type)
    if bits is not None and not -(2**bits) <= number < 2**bits:
        raise SearchUnreadable(_("This number is too large."), place)
    return f"{number:f}"


def _yes_or_no(text: str, place: int) -> bool:
    if text.casefold() not in YES | NO:
        raise SearchUnreadable(_("“yes” or “no” belongs here."), place)
    return text.casefold() in YES


def _date(field: SearchField, text: str, place: int) -> str:
    """Return a time in date math, which can round up to the end of the day or year."""
    text = text.translate(DASHES)
    # For nanoseconds, Elasticsearch accepts no times without seconds.
    whole = text + "0000-01-01T00:00:00"[len(text) :]
    unit = _UNITS[len(text)] if _DATE.fullmatch(text) else ""
    try:
        moment = datetime.fromisoformat(whole)
    except ValueError:
        unit = ""
    if not unit:
        raise SearchUnreadable(_("A date belongs here: 2026, 2026-11 or 2026-11-21."), place)
    if field.type == "date_nanos" and moment.year not in _NANOSECONDS:
        raise SearchUnreadable(_("The years 1970 to 2261 are possible here."), place)
    return f"{whole}||/{unit}"
