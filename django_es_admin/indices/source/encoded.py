"""Vectors that were sent as hexadecimal digits or base64, and are returned as numbers."""

import binascii
import struct
from collections.abc import Iterator
from contextlib import suppress

_BYTE, _HALF, _FLOAT = 1, 2, 4
"""Type of element -> bytes per number. With two bytes, it is the first half of a float."""


def read_vector(text: str, length: int) -> Iterator[tuple[float, ...]]:
    """Yield the vectors that a text may stand for, if the number of elements is right; two at most.

    Args:
        length: how many numbers Elasticsearch has read; for bits, how many bytes.
    """
    for data in _read_bytes(text):
        if len(data) == length * _BYTE:
            yield struct.unpack(f">{length}b", data)
        elif len(data) == length * _HALF:
            whole = (data[start : start + _HALF] + b"\0\0" for start in range(0, len(data), _HALF))
            yield struct.unpack(f">{length}f", b"".join(whole))
        elif len(data) == length * _FLOAT:
            yield struct.unpack(f">{length}f", data)


def _read_bytes(text: str) -> Iterator[bytes]:
    # A text may be valid in both forms, so the length of the vector decides.
    with suppress(ValueError):
        yield binascii.unhexlify(text)
    with suppress(ValueError):
        padding = "=" * (-len(text) % 4)
        yield binascii.a2b_base64(text + padding, strict_mode=True)
