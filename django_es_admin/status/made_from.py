"""How the documents of an index are made, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.db import Error

from ..documents import Document
from ..documents.reading.configured import as_configured
from ..indices.definition import select_definitions

Way = Literal["json", "columns", "objects"]


@dataclass(frozen=True)
class MadeFrom:
    """How the documents of one class are made.

    Args:
        index: the declared name.
        document: name of the class.
        way: whether the documents are written as JSON by the database, made from columns, or made
            from model instances, which takes longest.
        why: why they are not made in a faster way, with one reason for each field; empty if there
            is no faster way.
    """

    index: str
    document: str
    way: Way
    why: tuple[str, ...]


def read_ways(names: Iterable[str], connection: str | None = None) -> tuple[MadeFrom, ...]:
    """Return how the documents of these indices are made; of all indices if there are no names."""
    with as_configured():
        return tuple(
            MadeFrom(definition.name, part.document.__name__, *_way(part.document, part.database))
            for definition in select_definitions(names, connection)
            for part in definition.parts
            if part.document
        )


def _way(document: type[Document], using: str) -> tuple[Way, tuple[str, ...]]:
    source = document.django.source
    if not source.uses_columns:
        return "objects", (source.why_instances,)
    try:
        why = source.why_columns(using)
    except Error:
        return "columns", ("the database does not answer",)
    reasons = tuple(f"{name} {text}".strip() for name, text in why.items())
    return ("columns" if reasons else "json"), reasons
