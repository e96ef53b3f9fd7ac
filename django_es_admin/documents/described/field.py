"""What every field of a document knows: the path of its value, and whether it is a list."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files import File
from django.db import models
from django.utils.functional import Promise
from elasticsearch import dsl

from ...incidents import Explained

# Lucene refuses a keyword of more than 32,766 bytes, and with it the whole document; a character
# takes up to four of them in UTF-8 (Elasticsearch reference, "ignore_above").
KEYWORD_MAX_CHARACTERS = 32_766 // 4

_NO_LISTS = (str, bytes, bytearray, memoryview, Mapping, File, Promise)


class NoListError(Explained, TypeError):
    """The value of a ``ListField`` is not a list."""


class DjangoField(dsl.Field):
    """A field that reads its value from a model instance.

    Args:
        attr: path of attributes, separated by dots; by default the field's name.
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
        """Whether code decides the value, and not only the path."""
        return self.convert is not None

    @property
    def may_read_anything(self) -> bool:
        """Whether it is unknown from which columns the value is made."""
        return False


@dataclass(frozen=True)
class Listed:
    """Makes a list of the values that a path leads to.

    Args:
        convert: converts each value; None to keep it.
    """

    convert: Callable[[Any], Any] | None

    def __call__(self, values: Any) -> list[Any]:
        if values is None or (isinstance(values, str) and not values):
            return []
        if isinstance(values, models.Manager):
            values = values.all()
        if not isinstance(values, Iterable) or isinstance(values, _NO_LISTS):
            # A text is a list of characters, a file of lines, a dict of keys, which is never
            # intended.
            raise NoListError(f"ListField takes a list, and got a value of {type(values).__name__}")
        if isinstance(values, (set, frozenset)):
            # The order of a set differs between processes.
            values = sorted(values, key=str)
        return [self.convert(value) if self.convert else value for value in values]


def holds_list(field: object) -> bool:
    """Return whether ``field`` was given to :func:`~django_es_admin.documents.fields.ListField`."""
    return isinstance(getattr(field, "convert", None), Listed)
