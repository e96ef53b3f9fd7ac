"""Walk all objects of an index, and all its documents, in portions that fit into memory."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.db.models import Q

from ...conf import get_options
from ...documents.prepared import Prepared, each_once
from ...exceptions import ObjectsUnreadable, ProjectCodeFailed
from ...indices.definition import IndexDefinition
from ...indices.ids import PAGE, read_ids
from ...outbox.drain.primary import reading_from
from ...outbox.drain.project_code import project_code
from ...outbox.drain.read import objects, read_keys, table_of


def read_objects(definition: IndexDefinition) -> Iterator[list[Prepared]]:
    """Yield the documents that all objects of an index would have now, by ranges of their keys.

    Raises:
        ProjectCodeFailed: the document's queryset cannot be used.
    """
    return chain.from_iterable(_read_part(part) for part in definition.parts)


def _read_part(definition: IndexDefinition) -> Iterator[list[Prepared]]:
    size = get_options().bulk_max_documents
    beyond = Q()
    while True:
        keys, batch = _read_page(definition, beyond, size)
        yield each_once(batch)
        if len(keys) < size:
            return
        beyond = Q(pk__gt=keys[-1])


def _read_page(
    definition: IndexDefinition, beyond: Q, size: int
) -> tuple[list[Any], list[Prepared]]:
    """Return the primary key of each row of a page, and what the objects become."""
    document, using = definition.document, definition.database
    assert document is not None  # noqa: S101 (there is nothing to walk without one)
    with project_code(ProjectCodeFailed, f"{document.__name__}.get_queryset()", using):
        page = objects(definition).filter(beyond).order_by("pk")[:size]
    try:
        with project_code(ObjectsUnreadable, document.__name__, using), reading_from(using):
            batch = document.django.source.read(page)
        return [one.key for one in batch], batch
    except ObjectsUnreadable:
        rows = table_of(definition).filter(beyond)[:size]
        keys = list(rows.values_list("pk", flat=True))
        named = document.django.places.keys([str(key) for key in keys], using)
        return keys, read_keys(definition, named)


def read_ghosts(definition: IndexDefinition, index: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of documents of a page, and the keys of those whose object is not there.

    Args:
        index: name of the generation; what a search of it finds is walked.
    """
    window = int(definition.settings.get("max_result_window", PAGE))
    timeout = get_options().operation_timeout
    size = min(window, get_options().bulk_max_documents)
    for keys in read_ids(definition.connection, index, timeout=timeout, size=size):
        yield len(keys), _without_object(definition, keys)


def _without_object(definition: IndexDefinition, keys: list[str]) -> list[str]:
    document, using = definition.document, definition.database
    assert document is not None  # noqa: S101 (there is nothing to walk without one)
    places = document.django.places
    if definition.others or places.own:
        there = {one.text for one in read_keys(definition, keys) if one.source or one.error}
        return [key for key in keys if key not in there]
    wanted = places.primary_keys(keys)
    with project_code(ProjectCodeFailed, f"{document.__name__}.get_queryset()", using):
        rows = objects(definition).filter(pk__in=list(wanted)).values_list("pk", flat=True)
        with reading_from(using):
            present = set(rows.order_by())
    there = {text for key, text in wanted.items() if key in present}
    return [key for key in keys if key not in there]
