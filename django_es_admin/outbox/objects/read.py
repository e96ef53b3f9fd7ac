"""Read objects afresh, so that an object that cannot be read does not delay the others."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from ...documents import Document
from ...documents.described.places import read_place
from ...documents.reading.prepared import Prepared, each_once
from ...documents.reading.querysets import count_each_once, queryset_of
from ...exceptions import ObjectsUnreadable, ProjectCodeFailed
from ...indices.definition import IndexDefinition
from .primary import reading_from
from .project_code import project_code

MANY = 50
"""From this number of objects on, the database writes the documents as JSON."""


def objects(definition: IndexDefinition) -> QuerySet[Any]:
    """Return the objects that belong in a part of an index, from the database that feeds it.

    Raises:
        ProjectCodeFailed: the document's queryset cannot be made or used.
    """
    document, using = _document(definition), definition.database
    with project_code(ProjectCodeFailed, f"{document.__name__}.get_queryset()", using):
        return queryset_of(document).using(using)


def count_objects(definition: IndexDefinition) -> int:
    """Return how many objects belong in the index, counting each once.

    Raises:
        ProjectCodeFailed: the database refuses the query of the document.
    """
    count = 0
    for part in definition.parts:
        name, using = f"{_document(part).__name__}.get_queryset()", part.database
        queryset = objects(part)
        with project_code(ProjectCodeFailed, name, using), reading_from(using):
            count += count_each_once(queryset)
    return count


def table_of(definition: IndexDefinition) -> QuerySet[Any]:
    """Return all rows of the model's table, ignoring the document's queryset."""
    model = _document(definition).django.model
    return model._base_manager.using(definition.database).order_by("pk")


def read_keys(definition: IndexDefinition, keys: Sequence[str]) -> list[Prepared]:
    """Return the documents of the objects with these keys, without source for deleted objects.

    If the objects cannot be read together, they are read in halves, down to the object that causes
    the error. That object gets an error instead of a source.

    Raises:
        ProjectCodeFailed: there is no queryset to read from.
    """
    try:
        return _read(definition, keys)
    except ObjectsUnreadable as error:
        if len(keys) == 1:
            return [Prepared(keys[0], None, str(error))]
        half = len(keys) // 2
        return read_keys(definition, keys[:half]) + read_keys(definition, keys[half:])


def _read(definition: IndexDefinition, keys: Sequence[str]) -> list[Prepared]:
    places = _document(definition).django.places
    if definition.others or places.own:
        return _read_placed(definition, keys)
    wanted = places.primary_keys(keys)
    with reading_from(definition.database):
        found = _find(definition, list(wanted)) if wanted else []
    present = {prepared.key for prepared in found}
    gone = [Prepared(text, None) for key, text in wanted.items() if key not in present]
    unknown = [Prepared(key, None) for key in set(keys) - set(wanted.values())]
    return [*found, *gone, *unknown]


def _find(definition: IndexDefinition, keys: list[Any]) -> list[Prepared]:
    using = definition.database
    document = _document(definition)
    name, source = document.__name__, document.django.source
    single = source.single(using) if len(keys) == 1 else None
    if single is not None:
        with project_code(ObjectsUnreadable, name, using):
            return single.read(keys[0])
    with project_code(ProjectCodeFailed, f"{name}.get_queryset()", using):
        queryset = objects(definition).filter(pk__in=keys)
    with project_code(ObjectsUnreadable, name, using):
        return each_once(source.read(queryset, encoded=len(keys) >= MANY))


def _read_placed(definition: IndexDefinition, keys: Sequence[str]) -> list[Prepared]:
    """Read documents whose ids may differ from the primary key, and may move between objects."""
    found: dict[str, Prepared] = {}
    for part in definition.parts:
        using, document = part.database, _document(part)
        name, places = document.__name__, document.django.places
        with reading_from(using):
            with project_code(ProjectCodeFailed, f"{name}.get_queryset()", using):
                queryset = objects(part).filter(places.condition(keys))
            with project_code(ObjectsUnreadable, name, using):
                batch = document.django.source.read(queryset)
        for one in batch:
            if places.own and one.place is None:
                raise ObjectsUnreadable(f"{name} does not say where it stands: {one.error}")
            found[one.text] = one
    return [found.get(key) or Prepared(None, None, place=read_place(key)) for key in keys]


def _document(definition: IndexDefinition) -> type[Document]:
    if definition.document is None:
        raise ValueError(f"{definition.name} has no document")
    return definition.document
