"""What staff are told of a search with operators: the fields, and where it was not understood."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _

from ...documents import Document
from ...documents.paths import path_of
from ...exceptions import SearchUnreadable
from ...search.fields import SearchField
from ...search.values import DATES, NUMBERS


@dataclass(frozen=True)
class NamedField:
    """A field that a search may name.

    Args:
        name: as it is typed.
        label: what staff call it.
        example: a search with it.
    """

    name: str
    label: str
    example: str


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a search, and where: ``at`` is what was not understood."""

    before: str
    at: str
    after: str
    reason: str


def describe(document: type[Document], fields: Iterable[SearchField]) -> tuple[NamedField, ...]:
    """Return the fields with examples."""
    return tuple(
        NamedField(field.path, label_of(document, field), f"{field.path}:{_example(field)}")
        for field in fields
    )


def point_at(term: str, mistake: SearchUnreadable) -> Mistake:
    """Return what was typed, split where it was not understood."""
    place = min(mistake.place, len(term))
    at = (term[place:].split(maxsplit=1) or [""])[0] if term[place:].strip() else ""
    return Mistake(term[:place], at, term[place + len(at) :], str(mistake))


def label_of(document: type[Document], field: SearchField) -> str:
    """Return what staff call a field: the name of the model's field that its first step reads."""
    step = field.path.partition(".")[0]
    mapping = document._doc_type.mapping
    name = path_of(step, mapping[step])[0] if step in mapping else step
    try:
        found = document.django.model._meta.get_field(name)
    except FieldDoesNotExist:
        return name.replace("_", " ")
    return str(getattr(found, "verbose_name", name.replace("_", " ")))


def _example(field: SearchField) -> str:
    if field.type in NUMBERS:
        return ">10"
    if field.type in DATES:
        return ">2026-11"
    if field.type == "boolean":
        return "yes"
    return _("word") if field.is_text else _('"two words"')
