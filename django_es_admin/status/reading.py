"""Which way the documents of an index are made, and why."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..documents.configured import as_configured
from ..indices.definition import select_definitions


@dataclass(frozen=True)
class Reading:
    """How the documents of one class are made.

    Args:
        index: the declared name.
        document: name of the class.
        columns: whether they are read as columns, in a few queries for each batch; else from model
            instances, which takes longer.
        why: why they are not read as columns; "" where they are.
    """

    index: str
    document: str
    columns: bool
    why: str


def read_ways(names: Iterable[str], connection: str | None = None) -> tuple[Reading, ...]:
    """Return how the documents of these indices are made; of all if there are no names."""
    with as_configured():
        return tuple(
            Reading(
                index=definition.name,
                document=part.document.__name__,
                columns=part.document.django.source.uses_columns,
                why=part.document.django.source.why_instances,
            )
            for definition in select_definitions(names, connection)
            for part in definition.parts
            if part.document
        )
