"""Documents in the form of a synthetic ``_source``, so that two of them can be compared.

Elasticsearch makes such a ``_source`` from the indexed values: each value once, sorted, in the
format of the field, and with the objects of a list merged. So only the set of values of each field
is compared. For fields whose values are returned in another form, only their presence is compared.
"""

import math
import struct
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from ipaddress import ip_address
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime

_WHOLE = frozenset(("long", "integer", "short", "byte", "unsigned_long"))
_TEXT = frozenset(("keyword", "text", "match_only_text", "wildcard", "constant_keyword", "version"))
_THERE = "there"
_MILLISECOND = timedelta(milliseconds=1)

Values = dict[str, frozenset[Any]]


def canonical(document: Mapping[str, Any], mappings: Mapping[str, Any]) -> Values:
    """Return path of each field -> its values, in a form that is the same on both sides."""
    found: dict[str, set[Any]] = {}
    _collect(document, mappings, "", found)
    return {path: frozenset(values) for path, values in found.items()}


def _collect(value: Any, field: Mapping[str, Any], path: str, found: dict[str, set[Any]]) -> None:
    if value is None:
        return
    if isinstance(value, list):
        for one in value:
            _collect(one, field, path, found)
    elif isinstance(value, dict) and field.get("type") in (None, "object", "nested"):
        for name, inner in value.items():
            properties = field.get("properties", {})
            _collect(inner, properties.get(name, {}), f"{path}.{name}" if path else name, found)
    else:
        found.setdefault(path, set()).add(_value(value, field))


def _value(value: Any, field: Mapping[str, Any]) -> Any:
    kind = field.get("type")
    try:
        if kind in _TEXT and not field.get("normalizer"):
            return _text(value)
        if kind == "ip":
            address = ip_address(str(value))
            return str(getattr(address, "ipv4_mapped", None) or address)
        if kind == "boolean":
            return value in (True, "true")
        if kind in _WHOLE:
            return int(Decimal(str(value)))
        if kind in ("double", "float", "half_float"):
            form = {"double": "d", "float": "f", "half_float": "e"}[kind]
            return struct.unpack(form, struct.pack(form, float(value)))[0]
        if kind == "scaled_float":
            factor = float(field["scaling_factor"])
            # A half is rounded up, as in Java.
            return math.floor(float(value) * factor + 0.5)
        if kind == "date" and "format" not in field:
            return _moment(value)
    except (ArithmeticError, ValueError, TypeError, struct.error):
        return _THERE
    return _text(value) if kind is None else _THERE


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moment(value: Any) -> int | str:
    """Return milliseconds since 1970, because a date stores nothing more."""
    if isinstance(value, (int, float)):
        return int(value)
    text = str(value)
    found = parse_datetime(text)
    if found is None and (day := parse_date(text)):
        found = datetime.combine(day, time())
    if found is None:
        return _THERE
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    # With integers, because a float is not exact for so many microseconds.
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // _MILLISECOND
