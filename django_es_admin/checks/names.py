"""Check the names of indices, and whether another index uses them."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from django.core.checks import CheckMessage

from ..documents import Document
from ..indices.definition import IndexDefinition
from ..indices.names import find_name_problem
from .messages import error


def check_names(definitions: list[IndexDefinition]) -> Iterator[CheckMessage]:
    for definition in definitions:
        for name in (definition.alias, *definition.aliases):
            problem = find_name_problem(name)
            if problem:
                yield error(
                    "E013",
                    f"Elasticsearch would refuse an index or alias named {name!r}: {problem}.",
                    "Use lower-case letters, digits, '-' and '_', beginning with a letter.",
                    definition.document,
                )


def check_parts(definitions: list[IndexDefinition]) -> Iterator[CheckMessage]:
    """Check that documents of one index cannot overwrite each other."""
    for definition in definitions:
        for one, other in combinations(definition.parts, 2):
            first, second = one.document, other.document
            if first is None or second is None:
                continue
            names = f"{first.__name__} and {second.__name__}"
            if one.own_label == other.own_label or not first.django.places.shape.is_apart_from(
                second.django.places.shape
            ):
                yield error(
                    "E063",
                    f"{names} share the index {definition.alias!r}, and their ids cannot be told "
                    f"apart: one would overwrite the other's documents.",
                    "Let each generate_id() return ids with a prefix of its own, as in "
                    "f'question-{instance.pk}', or give each document an index of its own.",
                    second,
                )
            yield from _check_fields(first, second)
            if one.database != other.database:
                yield _two_databases(one, other)


def _check_fields(one: type[Document], other: type[Document]) -> Iterator[CheckMessage]:
    mappings = [document._doc_type.mapping for document in (one, other)]
    for name in sorted(set(mappings[0]) & set(mappings[1])):
        if mappings[0][name].to_dict() != mappings[1][name].to_dict():
            yield error(
                "E064",
                f"{one.__name__} and {other.__name__} share an index, and declare the field "
                f"{name!r} differently.",
                "Declare it in the same way, or give it two names.",
                other,
            )


def _two_databases(one: IndexDefinition, other: IndexDefinition) -> CheckMessage:
    return error(
        "E016",
        f"The index {other.alias!r} is filled from two databases, "
        f"{one.database!r} and {other.database!r}: their versions of a "
        f"document cannot be compared.",
        "Fill an index from one database, or give each database an index of its own.",
        other.document,
    )


def check_claims(definitions: list[IndexDefinition]) -> Iterator[CheckMessage]:
    owners: list[IndexDefinition] = []
    for definition in definitions:
        other = _owner(owners, definition, definition.alias)
        if other is None:
            owners.append(definition)
            continue
        yield _claim(other, definition, definition.alias)
        if other.database != definition.database:
            yield _two_databases(other, definition)
    for definition in definitions:
        # Several indices may share an extra alias, but none may use the name of another index.
        for alias in definition.aliases:
            owner = _owner(owners, definition, alias)
            if owner:
                yield _claim(owner, definition, alias)


def _owner(
    owners: Iterable[IndexDefinition], definition: IndexDefinition, name: str
) -> IndexDefinition | None:
    """Return the index that already uses ``name`` in the cluster of ``definition``."""
    for owner in owners:
        if owner.alias == name and (
            owner.using == definition.using
            or owner.connection.shares_cluster(definition.connection)
        ):
            return owner
    return None


def _claim(one: IndexDefinition, other: IndexDefinition, alias: str) -> CheckMessage:
    names = [d.document.__name__ if d.document else f"ES_INDICES[{d.name!r}]" for d in (one, other)]
    where = f"on the connection {one.using!r}"
    if one.using != other.using:
        where = f"on the connections {one.using!r} and {other.using!r}, which share a cluster"
    return error(
        "E014",
        f"{names[0]} and {names[1]} both claim the name {alias!r} {where}.",
        "Give each its own name in class Index, or its own NAME and ALIASES in ES_INDICES.",
        other.document,
    )
