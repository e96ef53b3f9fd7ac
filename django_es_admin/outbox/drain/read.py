"""Read objects afresh, so that one that cannot be read keeps no other waiting."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from ...documents import Document
from ...documents.prepared import Prepared
from ...exceptions import ObjectsUnreadable, ProjectCodeFailed
from ...indices.definition import IndexDefinition
from .primary import reading_from
from .project_code import project_code


def objects(definition: IndexDefinition) -> QuerySet[Any]:
    """Return the objects that belong into the index, from the database that feeds it."""
    return _document(definition)().get_queryset().using(definition.database)


def count_objects(definition: IndexDefinition) -> int:
    """Return how many objects belong into the index.

    Raises:
        ProjectCodeFailed: the database refuses the document's queryset.
    """
    name = f"{_document(definition).__name__}.get_queryset()"
    with project_code(ProjectCodeFailed, name, definition.database):
        return objects(definition).count()


def table_of(definition: IndexDefinition) -> QuerySet[Any]:
    """Return all rows of the model's table, whatever the document's queryset makes of them."""
    model = _document(definition).django.model
    return model._base_manager.using(definition.database).order_by("pk")


def read_keys(definition: IndexDefinition, keys: Sequence[str]) -> list[Prepared]:
    """Return the documents of the objects with these keys; those that are gone have no source.

    What cannot be read at once is read in halves, down to the object whose fault it is, which has
    an error then.

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
    wanted = _primary_keys(definition, keys)
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
        return list(source.read(queryset))


def _primary_keys(definition: IndexDefinition, keys: Sequence[str]) -> dict[Any, str]:
    """Return primary key -> its text; what is no key of the model is left out."""
    primary = _document(definition).django.model._meta.pk
    found = {}
    for text in keys:
        try:
            found[primary.to_python(text)] = text
        except (ValidationError, ValueError, TypeError, ArithmeticError):
            continue
    return found


def _document(definition: IndexDefinition) -> type[Document]:
    if definition.document is None:
        raise ValueError(f"{definition.name} has no document")
    return definition.document
