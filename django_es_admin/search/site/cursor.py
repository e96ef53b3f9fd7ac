"""The end of a page as a text, with which the next page can be requested."""

import base64
import binascii
import json
import math
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from ...exceptions import SearchParameterInvalid
from .values import read_text

MAX_CHARACTERS = 4_000


def write_cursor(sort_by: str, values: Sequence[Any]) -> str:
    """Return the cursor after a hit.

    Args:
        sort_by: name of the order.
        values: what the hit is sorted by.
    """
    text = json.dumps([sort_by, *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(name: str, cursor: Any, sort_by: str, length: int) -> list[Any]:
    """Return the values after which to go on.

    Args:
        name: of the parameter.
        length: how many values the order has.

    Raises:
        SearchParameterInvalid: it was not made by ``write_cursor`` for that order.
    """
    values: list[Any]
    text = read_text(name, cursor, MAX_CHARACTERS)
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        found, *values = json.loads(base64.b64decode(padded, b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        found, values = None, []
    if found != sort_by or len(values) != length or not all(map(_is_value, values)):
        text = _("“%(name)s” does not belong to this search: begin at its first page.")
        raise SearchParameterInvalid(text % {"name": name}, name)
    return values


def _is_value(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return value is None or isinstance(value, str)
