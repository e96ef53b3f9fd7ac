"""The ids of documents whose ``generate_id()``, or routing, is the project's own.

The outbox finds documents by key, so an id must lead back to its object. A trial finds out how: an
object with a mark in each column is passed to ``generate_id()``, and the id shows of which columns
it consists.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from ..documents.described.overrides import is_overridden
from ..documents.described.places import ANYTHING, Place, Places, Shape, looks_of, read_place
from .declared import DeclaredDocument
from .exceptions import DjangoElasticsearchDslError

# With characters that a project might replace, so that a changed value is noticed.
_MARK = re.compile(" \x00Aa-_./: (\\w+)\x00 ")


class Mark(str):
    """Replaces the value of a column."""

    __slots__ = ()

    def __new__(cls, name: str) -> "Mark":
        return super().__new__(cls, f" \x00Aa-_./: {name}\x00 ")


class Trial:
    """Replaces an object of a model: each column has a mark as its value.

    Args:
        model: the model.
    """

    def __init__(self, model: type[models.Model]) -> None:
        self.__model = model

    def __getattr__(self, name: str) -> Mark:
        if name == "pk" or any(
            name == field.attname for field in self.__model._meta.concrete_fields
        ):
            return Mark(name)
        raise AttributeError(name)


@dataclass(frozen=True)
class Template:
    """A text made of columns.

    Args:
        columns: the names of the columns, in the order of the text.
        pattern: matches such a text, with a group for each column.
        shape: the beginning and the end of the text.
    """

    columns: tuple[str, ...]
    pattern: "re.Pattern[str]"
    shape: Shape

    def read(self, text: str) -> dict[str, str] | None:
        """Return column -> its value as text; None for a text in another form."""
        found = self.pattern.fullmatch(text)
        return None if found is None else dict(zip(self.columns, found.groups(), strict=True))


def find_template(model: type[models.Model], text: object) -> Template | None:
    """Return the columns of a text that was made of a :class:`Trial`.

    Return None if this is unclear: the text is not only made of columns, or could be split into
    columns in several ways.
    """
    if not isinstance(text, str):
        return None
    parts = _MARK.split(text)
    columns = parts[1::2]
    looks = [looks_of(_field(model, name)) for name in columns]
    if not columns or len(set(columns)) < len(columns) or looks.count(ANYTHING) > 1:
        return None
    pattern = re.escape(parts[0])
    for look, literal in zip(looks, parts[2::2], strict=True):
        pattern += f"({look}){re.escape(literal)}"
    shape = Shape(parts[0], looks[0], parts[-1])
    return Template(tuple(columns), re.compile(pattern, re.DOTALL), shape)


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    if name == "pk":
        return model._meta.pk
    return next(field for field in model._meta.concrete_fields if field.attname == name)


class GeneratedPlaces(Places):
    """The places of documents with their own id or routing.

    Args:
        document: the document class.
    """

    own = True

    document: type[DeclaredDocument]

    @cached_property
    def template(self) -> Template | None:
        """The columns of the id; None if it does not lead back to its object."""
        tried = self._try()
        return None if tried is None else find_template(self.document.django.model, tried.id)

    @property
    def shape(self) -> Shape:
        """The form of the ids."""
        return self.template.shape if self.template else Shape("", ANYTHING, "")

    @cached_property
    def is_found(self) -> bool:
        """Whether the id leads back, and the place is made only of the object's own columns."""
        return self.template is not None

    def _try(self) -> Place | None:
        try:
            return self._made_of(Trial(self.document.django.model))
        except Exception:  # noqa: BLE001 (the project's own code, of what is no object)
            return None

    def place_of(self, instance: models.Model) -> Place:
        """Return the place of an object's document.

        Raises:
            DjangoElasticsearchDslError: the id does not lead back to the object.
        """
        place = self._made_of(instance)
        read = self._read(place.id) or {}
        model = type(instance)
        if not read or any(
            _field(model, name).to_python(getattr(instance, name)) != value
            for name, value in read.items()
        ):
            raise DjangoElasticsearchDslError(
                f"{self.document.__name__}.generate_id() gives {instance!r} the id {place.id!r}, "
                f"which does not lead back to it: make ids from unchanged columns."
            )
        return place

    def _made_of(self, instance: Any) -> Place:
        if not is_overridden(self.document, "_prepare_action"):
            return Place(str(self.document.generate_id(instance)))
        action = self.document()._prepare_action(instance, "delete")  # noqa: SLF001 (a hook)
        routing = action.get("routing", action.get("_routing"))
        return Place(str(action["_id"]), None if routing is None else str(routing))

    def keys(self, primary_keys: Iterable[str], using: str) -> list[str]:
        """Return the keys of objects as they are stored now, without deleted objects."""
        model = self.document.django.model
        rows = model._base_manager.using(using)
        found = rows.filter(pk__in=list(self.primary_keys(primary_keys)))
        return [str(self.place_of(one)) for one in found]

    def condition(self, keys: Sequence[str]) -> models.Q:
        """Return a condition for the objects of these keys, which may match some others."""
        wanted = [values for key in keys if (values := self._read(key)) is not None]
        if not wanted:
            return models.Q(pk__in=[])
        if len(wanted[0]) == 1:
            [name] = wanted[0]
            return models.Q(**{f"{name}__in": [values[name] for values in wanted]})
        condition = models.Q()
        for values in wanted:
            condition |= models.Q(**values)
        return condition

    def _read(self, key: str) -> dict[str, Any] | None:
        """Return column -> value of the object with a key; None for a key in another form."""
        found = self.template.read(read_place(key).id) if self.template else None
        if found is None:
            return None
        model = self.document.django.model
        try:
            return {name: _field(model, name).to_python(text) for name, text in found.items()}
        except (ValidationError, ValueError, TypeError, ArithmeticError):
            return None
