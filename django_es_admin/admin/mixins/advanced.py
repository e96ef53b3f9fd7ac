"""What staff see of a search with operators: the fields, and the place of a mistake."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _

from ...documents import Document
from ...documents.described.paths import path_of
from ...exceptions import SearchUnreadable
from ...search.operators.reading import Reading
from ...search.operators.tree import Between, Filled, Joined, Named, Node, Not, Phrase, Word
from ...search.text.fields import SearchField
from ...search.text.values import DATES, NUMBERS


@dataclass(frozen=True)
class NamedField:
    """A field that a search may name.

    Args:
        name: the name to type.
        label: the label for staff.
        example: an example of a search.
    """

    name: str
    label: str
    example: str


@dataclass(frozen=True)
class Mistake:
    """A mistake in a search; ``at`` is the part that was not understood."""

    before: str
    at: str
    after: str
    reason: str


def describe(document: type[Document], fields: Iterable[SearchField]) -> tuple[NamedField, ...]:
    """Return the fields, with examples."""
    return tuple(
        NamedField(field.path, label_of(document, field), f"{field.path}:{_example(field)}")
        for field in fields
    )


def point_at(term: str, mistake: SearchUnreadable) -> Mistake:
    """Return the typed text, split at the part that was not understood."""
    place = min(mistake.place, len(term))
    at = (term[place:].split(maxsplit=1) or [""])[0] if term[place:].strip() else ""
    return Mistake(term[:place], at, term[place + len(at) :], str(mistake))


def why_words(reading: Reading) -> str:
    """Return why a text that seems to have operators was read as words."""
    told = {
        "name": _("Read as words: there is no field “%(what)s” to search."),
        "quote": _("Read as words: a quotation mark is not closed."),
        "value": _("Read as words: “%(what)s” is not followed by a valid value."),
        "long": _("Read as words: it is too long for a search with operators."),
        "shouted": _("Read as words: all letters are capitals."),
        "capitals": _("Read as words: there is nothing before the first operator."),
        "bracket": _("Read as words: the bracket “%(what)s” does not belong to a group."),
    }
    text = told.get(reading.why, _("Read as words: “%(what)s” is not an operator here."))
    return text % {"what": reading.what}


def tell(document: type[Document], node: Node, *, every: bool) -> str:
    """Return a description of what a search with operators finds.

    Args:
        every: whether all words without an operator between them must match.
    """
    return _Teller(document, every=every).tell(node)


class _Teller:
    def __init__(self, document: type[Document], *, every: bool) -> None:
        self._document = document
        self._every = every

    def tell(self, node: Node, *, field: SearchField | None = None, inside: bool = False) -> str:
        """Return the description of a part; ``inside`` another part, it may need brackets."""
        match node:
            case Word() | Phrase():
                return self._has(field, _quoted(node))
            case Not():
                return self._not(node.part, field)
            case Named():
                return self.tell(node.part, field=node.field, inside=inside)
            case Filled():
                return _("%(field)s has a value") % {"field": self._label(field)}
            case Between():
                return self._between(node, field)
            case Joined():
                text = self._joined(node, field)
                return f"({text})" if inside else text

    def _joined(self, node: Joined, field: SearchField | None) -> str:
        every = node.by == "AND" or (not node.by and self._every)
        # A part that a minus sign excludes is never found, whatever else matches.
        never = [part for part in node.parts if not every and isinstance(part, Not) and part.sign]
        wanted = [
            self.tell(part, field=field, inside=True) for part in node.parts if part not in never
        ]
        text = (_(" and ") if every else _(" or ")).join(wanted)
        if never and len(wanted) > 1:
            text = f"({text})"
        told = [text] if text else []
        return _(" and ").join(
            [*told, *(self.tell(part, field=field, inside=True) for part in never)]
        )

    def _label(self, field: SearchField | None) -> str:
        return label_of(self._document, field) if field else ""

    def _has(self, field: SearchField | None, text: str) -> str:
        if field is None:
            return text
        told = _("%(field)s has %(value)s") if field.is_text else _("%(field)s is %(value)s")
        return told % {"field": self._label(field), "value": text}

    def _not(self, node: Node, field: SearchField | None) -> str:
        if isinstance(node, Named):
            return self._not(node.part, node.field)
        if isinstance(node, Word | Phrase) and field is not None:
            told = (
                _("%(field)s has no %(value)s")
                if field.is_text
                else _("%(field)s is not %(value)s")
            )
            return told % {"field": self._label(field), "value": _quoted(node)}
        if isinstance(node, Filled):
            return _("%(field)s has no value") % {"field": self._label(field)}
        return _("not %(part)s") % {"part": self.tell(node, field=field, inside=True)}

    def _between(self, node: Between, field: SearchField | None) -> str:
        told = {
            "gt": _("more than %(value)s"),
            "gte": _("at least %(value)s"),
            "lt": _("less than %(value)s"),
            "lte": _("at most %(value)s"),
        }
        bounds = [told[side] % {"value": bound.text} for side, bound in node.bounds]
        if not bounds:
            return self.tell(Filled(node.place), field=field)
        return _("%(field)s is %(value)s") % {
            "field": self._label(field),
            "value": _(" and ").join(bounds),
        }


def _quoted(node: Word | Phrase) -> str:
    return f"“{node.text}”" if isinstance(node, Phrase) else node.text


def label_of(document: type[Document], field: SearchField) -> str:
    """Return the label of a field: the name of the model's field in its first step."""
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
