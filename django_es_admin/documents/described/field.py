"""What every field of a document knows: where its value is, and whether it is a list."""

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
    """What is no list was given to a ``ListField``."""


class DjangoField(dsl.Field):
    """A field that finds its value in a model instance.

    Args:
        attr: path of attributes, separated by dots; the field's own name if omitted.
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
        """Whether its value is something else than what its path leads to."""
        return self.convert is not None

    @property
    def may_read_anything(self) -> bool:
        """Whether it is unknown which columns its value is made of."""
        return False


@dataclass(frozen=True)
class Listed:
    """Makes a list of what a path leads to.

    Args:
        convert: makes the value of each; None to take it as it is.
    """

    convert: Callable[[Any], Any] | None

    def __call__(self, values: Any) -> list[Any]:
        if values is None or (isinstance(values, str) and not values):
            return []
        if isinstance(values, models.Manager):
            values = values.all()
        if not isinstance(values, Iterable) or isinstance(values, _NO_LISTS):
            # A text is one of characters, a file of lines, a dict of keys: nobody means that.
            raise NoListError(f"ListField takes a list, and got a value of {type(values).__name__}")
        if isinstance(values, (set, frozenset)):
            # Their order is another one in each process.
            values = sorted(values, key=str)
        return [self.convert(value) if self.convert else value for value in values]


def holds_list(field: object) -> bool:
    """Whether ``field`` was given to :func:`~django_es_admin.documents.fields.ListField`."""
    return isinstance(getattr(field, "convert", None), Listed)
