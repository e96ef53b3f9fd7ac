"""The place of an object's document in its index: its id and its routing."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models

from .declared import Declared

_LARGEST = 2**63
"""The limit of the largest integers in databases, signed or unsigned."""

# Separates the id and the routing in the text of a key. No readable id contains it.
_SEPARATOR = "\x1f"


class Place(NamedTuple):
    """An ``_id``, and the routing to its shard."""

    id: str
    routing: str | None = None

    def __str__(self) -> str:
        return self.id if self.routing is None else f"{self.id}{_SEPARATOR}{self.routing}"


def read_place(key: str) -> Place:
    """Return the place for the text of a key."""
    identity, separator, routing = key.partition(_SEPARATOR)
    return Place(identity, routing if separator else None)


NUMBER, IDENTIFIER, ANYTHING = r"-?\d+", r"[0-9a-f-]{36}", r".*"
"""The format of a column's value in an id: a number, a UUID, or unknown."""


def looks_of(field: "models.Field[Any, Any]") -> str:
    """Return the format of a column's values as text."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.IntegerField):
        return NUMBER
    return IDENTIFIER if isinstance(field, models.UUIDField) else ANYTHING


class Shape(NamedTuple):
    """The form of a document class's ids: how they begin and end, and the column's format."""

    prefix: str
    looks: str
    suffix: str

    def is_apart_from(self, other: "Shape") -> bool:
        """Return whether no id of this form can also be an id of the other form."""
        long, short = sorted((self, other), key=lambda shape: -len(shape.prefix))
        beyond = long.prefix.removeprefix(short.prefix)
        if beyond == long.prefix and short.prefix:
            return True
        if beyond and short.looks != ANYTHING and beyond[0] not in "0123456789abcdef-":
            return True
        if beyond and short.looks == NUMBER and beyond[0] not in "0123456789-":
            return True
        end = min(len(self.suffix), len(other.suffix))
        if end and self.suffix[-end:] != other.suffix[-end:]:
            return True
        # UUIDs are unique, even between models.
        return not beyond and self.looks == other.looks == IDENTIFIER


class Places:
    """The places of a document class's documents, by default the primary keys of the objects.

    A *key* is the text for a place, in the outbox and everywhere else.

    Args:
        document: the document class.
    """

    own = False
    """Whether the id is something else than the primary key."""

    def __init__(self, document: type[Declared]) -> None:
        self.document = document

    @property
    def shape(self) -> Shape:
        """The form of the ids."""
        return Shape("", looks_of(self.document.django.model._meta.pk), "")

    def place_of(self, instance: models.Model) -> Place | None:
        """Return the place of an object's document; None for the primary key."""
        return None

    def keys(self, primary_keys: Iterable[str], using: str) -> list[str]:
        """Return the keys of objects as they are stored now, without deleted objects.

        Args:
            primary_keys: the primary keys of the objects, as text.
            using: alias of the database.
        """
        return list(primary_keys)

    def condition(self, keys: Sequence[str]) -> models.Q:
        """Return a condition for the objects of these keys, which may match some others."""
        return models.Q(pk__in=list(self.primary_keys(keys)))

    def primary_keys(self, keys: Iterable[str]) -> dict[Any, str]:
        """Return primary key -> its text, without texts that are not a primary key of the model."""
        primary = self.document.django.model._meta.pk
        found = {}
        for text in keys:
            try:
                value = primary.to_python(text)
            except (ValidationError, ValueError, TypeError, ArithmeticError):
                continue
            if not _is_odd(value, text):
                found[value] = text
        return found


def _is_odd(value: Any, text: str) -> bool:
    """Return whether no document can have the id ``text``, although its field accepts the text.

    For example ``007``: the document of that object has the id ``7``. Or a number that is too large
    for any column, which some databases refuse in a query.
    """
    if type(value) not in (int, UUID):
        return False
    return str(value) != text or (isinstance(value, int) and abs(value) > _LARGEST)
