"""Line ends in documents: different kinds of line ends are not a difference."""

from collections.abc import Mapping
from typing import Any


def with_plain_ends(value: Any) -> Any:
    """Return a value of a document with only one kind of line ends.

    A form sends two characters for a line end, and a file or a script usually one, so the same text
    may be in the database in both forms. If two documents differ in nothing else, there is nothing
    to write.
    """
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value
    if isinstance(value, (list, tuple)):
        return [with_plain_ends(item) for item in value]
    if isinstance(value, Mapping):
        return {key: with_plain_ends(item) for key, item in value.items()}
    return value
