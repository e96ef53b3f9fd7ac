"""The place of an object's document in its index: its id and its routing."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models

from .declared import Declared

_LARGEST = 2**63
"""What the largest integers of databases are below, or at, whatever their sign."""

# Between the id and the routing in a key's text; no id that a person could read holds it.
_SEPARATOR = "\x1f"


class Place(NamedTuple):
    """An ``_id``, and the routing that leads to its shard."""

    id: str
    routing: str | None = None

    def __str__(self) -> str:
        return self.id if self.routing is None else f"{self.id}{_SEPARATOR}{self.routing}"


def read_place(key: str) -> Place:
    """Return the place that a key's text names."""
    identity, separator, routing = key.partition(_SEPARATOR)
    return Place(identity, routing if separator else None)


NUMBER, IDENTIFIER, ANYTHING = r"-?\d+", r"[0-9a-f-]{36}", r".*"
"""The form of a column's value in an id: a number, a UUID, or unknown."""


def looks_of(field: "models.Field[Any, Any]") -> str:
    """Return what the values of a column look like as text."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.IntegerField):
        return NUMBER
    return IDENTIFIER if isinstance(field, models.UUIDField) else ANYTHING


class Shape(NamedTuple):
    """What the ids of a document class look like: how they begin and end, and what follows."""

    prefix: str
    looks: str
    suffix: str

    def is_apart_from(self, other: "Shape") -> bool:
        """Whether no id of this shape can be one of the other."""
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
        # No UUID is made twice.
        return not beyond and self.looks == other.looks == IDENTIFIER


class Places:
    """The places of a document class's documents: each stands under its object's primary key.

    A *key* is the text that names a place, in the outbox as everywhere.

    Args:
        document: the document class.
    """

    own = False
    """Whether something else than the primary key names the place."""

    def __init__(self, document: type[Declared]) -> None:
        self.document = document

    @property
    def shape(self) -> Shape:
        """What the ids look like."""
        return Shape("", looks_of(self.document.django.model._meta.pk), "")

    def place_of(self, instance: models.Model) -> Place | None:
        """Return where the document of an object stands; None for under its primary key."""
        return None

    def keys(self, primary_keys: Iterable[str], using: str) -> list[str]:
        """Return the keys of objects as they are stored now; none for those that are gone.

        Args:
            primary_keys: their primary keys, as text.
            using: alias of the database.
        """
        return list(primary_keys)

    def condition(self, keys: Sequence[str]) -> models.Q:
        """Return which objects the keys are of; maybe of some others, too."""
        return models.Q(pk__in=list(self.primary_keys(keys)))

    def primary_keys(self, keys: Iterable[str]) -> dict[Any, str]:
        """Return primary key -> its text; what is no primary key of the model is left out."""
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
    """Whether no object's document stands under ``text``, though its field understands it.

    As ``007``: the document of that object stands under ``7``. Or it is a number that no column
    holds, which some databases cannot be asked for.
    """
    if type(value) not in (int, UUID):
        return False
    return str(value) != text or (isinstance(value, int) and abs(value) > _LARGEST)
