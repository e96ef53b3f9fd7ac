"""The end of a page as an encrypted text that requests the hits after it.

It contains the sort values of the last hit, which may belong to a field that the results do not
show. Nobody can read or make a cursor without ``SECRET_KEY``, so nobody can find out such a value
by trying.
"""

import base64
import binascii
import hashlib
import hmac
import json
import math
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from ....exceptions import SearchParameterInvalid
from .values import read_text

MAX_CHARACTERS = 4_000

_SALT = "django_es_admin.search.site.cursor"
_TAG_BYTES = 16


def write_cursor(sort_by: str, values: Sequence[Any]) -> str:
    """Return the cursor after a hit.

    Args:
        sort_by: the name of the order.
        values: the sort values of the hit.
    """
    text = json.dumps([sort_by, *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(_seal(text.encode())).decode().rstrip("=")


def read_cursor(name: str, cursor: Any, sort_by: str, length: int) -> list[Any]:
    """Return the sort values after which to continue.

    Args:
        name: the name of the parameter.
        length: how many sort values the order has.

    Raises:
        SearchParameterInvalid: the cursor was not made by ``write_cursor`` for that order.
    """
    values: list[Any]
    text = read_text(name, cursor, MAX_CHARACTERS)
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        found, *values = json.loads(_unseal(base64.b64decode(padded, b"-_", validate=True)))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        found, values = None, []
    if found != sort_by or len(values) != length or not all(map(_is_value, values)):
        text = _("“%(name)s” does not belong to this search: begin at its first page.")
        raise SearchParameterInvalid(text % {"name": name}, name)
    return values


def _seal(content: bytes) -> bytes:
    """Encrypt bytes with a key from ``SECRET_KEY``. The result is always the same."""
    secret = settings.SECRET_KEY
    tag = _tag(secret, content)
    return tag + _crypt(secret, tag, content)


def _unseal(sealed: bytes) -> bytes:
    """Decrypt bytes.

    Raises:
        ValueError: the bytes were not encrypted, or with another key.
    """
    tag, content = sealed[:_TAG_BYTES], sealed[_TAG_BYTES:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        found = _crypt(secret, tag, content)
        if hmac.compare_digest(_tag(secret, found), tag):
            return found
    raise ValueError("The cursor is not ours.")


def _tag(secret: str | bytes, content: bytes) -> bytes:
    key = salted_hmac(_SALT, "tag", secret, algorithm="sha256").digest()
    return hmac.digest(key, content, hashlib.sha256)[:_TAG_BYTES]


def _crypt(secret: str | bytes, tag: bytes, content: bytes) -> bytes:
    """Combine the content with a key stream; doing this twice returns the content.

    The stream depends on the tag of the content ("synthetic initialization vector", RFC 5297), so
    that no two contents share a stream.
    """
    key = salted_hmac(_SALT, "stream", secret, algorithm="sha256").digest()
    blocks = range(-(-len(content) // hashlib.sha256().digest_size))
    stream = b"".join(
        hmac.digest(key, tag + block.to_bytes(4, "big"), hashlib.sha256) for block in blocks
    )
    return bytes(a ^ b for a, b in zip(content, stream, strict=False))


def _is_value(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return value is None or isinstance(value, str)
