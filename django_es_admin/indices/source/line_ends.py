"""Line ends of texts in documents: which kind they are is no difference between two documents."""

from collections.abc import Mapping
from typing import Any


def with_plain_ends(value: Any) -> Any:
    """Return a value of a document with one kind of line ends.

    A form sends two characters for what a file or a script writes as one, so that the same text
    comes into the database in either way. Where two documents differ in nothing else, there is
    nothing to write.
    """
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value
    if isinstance(value, (list, tuple)):
        return [with_plain_ends(item) for item in value]
    if isinstance(value, Mapping):
        return {key: with_plain_ends(item) for key, item in value.items()}
    return value
