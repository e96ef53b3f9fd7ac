"""Read the objects of an index, and its documents, in portions that fit into memory."""

import random
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import chain, islice, repeat
from typing import Any

from django.db.models import Q

from ...conf import get_options
from ...documents.reading.modified import changed_since
from ...documents.reading.prepared import Prepared, each_once
from ...exceptions import ObjectsUnreadable, ProjectCodeFailed
from ...indices.definition import IndexDefinition
from ...indices.ids import PAGE, read_ids
from ...outbox.objects.primary import reading_from
from ...outbox.objects.project_code import project_code
from ...outbox.objects.read import objects, read_keys, table_of
from .ahead import ask_ahead


def read_objects(definition: IndexDefinition) -> Iterator[list[Prepared]]:
    """Yield the current documents of all objects of an index, in ranges of their keys.

    Raises:
        ProjectCodeFailed: the document's queryset cannot be used.
    """
    return chain.from_iterable(read_part(part) for part in definition.parts)


def read_part(definition: IndexDefinition, among: Q | None = None) -> Iterator[list[Prepared]]:
    """Yield the same for one part.

    Args:
        among: the objects to read; all objects if omitted.
    """
    size = get_options().bulk_max_documents
    chosen = among or Q()
    beyond = chosen
    while True:
        keys, batch = _read_page(definition, beyond, size)
        yield each_once(batch)
        if len(keys) < size:
            return
        beyond = chosen & Q(pk__gt=keys[-1])


def read_changed(
    definition: IndexDefinition, since: datetime, limit: int | None = None
) -> Iterator[list[Prepared]]:
    """Yield the current documents of objects that were changed since a time.

    Args:
        limit: the maximum number of objects, chosen at random from all parts.
    """
    changed = {part.part_label: _changed(part, since) for part in definition.parts}
    if limit:
        yield from _read_sample(definition, limit, changed)
        return
    for part in definition.parts:
        yield from _read_rows(part, _changed_keys(part, changed[part.part_label]))


def _changed(definition: IndexDefinition, since: datetime) -> Q:
    assert definition.document is not None  # noqa: S101 (there is nothing to walk without one)
    return changed_since(definition.document, since)


def _changed_keys(definition: IndexDefinition, changed: Q) -> Iterator[Any]:
    size = get_options().bulk_max_documents
    beyond = changed
    # Not from the document's queryset, because objects that left it must have no document.
    while True:
        rows = table_of(definition).filter(beyond).values_list("pk", flat=True)[:size]
        with reading_from(definition.database):
            keys = list(rows)
        yield from keys
        if len(keys) < size:
            return
        beyond = changed & Q(pk__gt=keys[-1])


def read_sample(definition: IndexDefinition, count: int) -> Iterator[list[Prepared]]:
    """Yield the current documents of some objects, chosen at random from all parts."""
    return _read_sample(definition, count, {part.part_label: Q() for part in definition.parts})


def _read_sample(
    definition: IndexDefinition, count: int, among: Mapping[str, Q]
) -> Iterator[list[Prepared]]:
    chosen = [
        (part, key)
        for part in definition.parts
        for key in _sampled(part, among[part.part_label], count)
    ]
    random.shuffle(chosen)
    for part in definition.parts:
        yield from _read_rows(part, (key for one, key in chosen[:count] if one is part))


def _sampled(definition: IndexDefinition, among: Q, count: int) -> Iterator[Any]:
    using = definition.database
    document = definition.document
    assert document is not None  # noqa: S101 (there is nothing to walk without one)
    with project_code(ProjectCodeFailed, f"{document.__name__}.get_queryset()", using):
        # A distinct or joined queryset cannot be ordered by random().
        wanted = objects(definition).order_by().values("pk")
        rows = table_of(definition).filter(among).order_by("?").values_list("pk", flat=True)
        with reading_from(using):
            # A number that is too large for the database means all objects.
            most = min(count, sys.maxsize)
            yield from list((rows if among else rows.filter(pk__in=wanted))[:most])


def _read_rows(definition: IndexDefinition, keys: Iterable[Any]) -> Iterator[list[Prepared]]:
    """Yield the documents of the rows with these primary keys."""
    document, using = definition.document, definition.database
    assert document is not None  # noqa: S101 (there is nothing to walk without one)
    size = get_options().bulk_max_documents
    left = iter(keys)
    while portion := list(islice(left, size)):
        named = document.django.places.keys([str(key) for key in portion], using)
        yield read_keys(definition, named)


def _read_page(
    definition: IndexDefinition, beyond: Q, size: int
) -> tuple[list[Any], list[Prepared]]:
    """Return the primary key of each row of a page, and the documents."""
    document, using = definition.document, definition.database
    assert document is not None  # noqa: S101 (there is nothing to walk without one)
    with project_code(ProjectCodeFailed, f"{document.__name__}.get_queryset()", using):
        page = objects(definition).filter(beyond).order_by("pk")[:size]
    try:
        with project_code(ObjectsUnreadable, document.__name__, using), reading_from(using):
            batch = document.django.source.read(page, encoded=True)
        return [one.key for one in batch], batch
    except ObjectsUnreadable:
        rows = table_of(definition).filter(beyond)[:size]
        keys = list(rows.values_list("pk", flat=True))
        named = document.django.places.keys([str(key) for key in keys], using)
        return keys, read_keys(definition, named)


def read_ghosts(definition: IndexDefinition, index: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of documents on a page, and the keys of those without an object.

    Args:
        index: the name of the generation, whose searchable documents are read.
    """
    for keys in _ahead(_pages_of_ids(definition, index, None)):
        yield len(keys), _without_object(definition, keys)


def _ahead(pages: Generator[list[str]]) -> Iterator[list[str]]:
    """Yield the same pages. The next page is requested while the caller works on one."""
    asked = ask_ahead(partial(next, pages), repeat(None))
    try:
        for _, page in asked:
            keys = page.result()
            if keys is None:
                return
            yield keys
    finally:
        # First end the thread, which may be requesting a page.
        asked.close()
        pages.close()


def sample_ghosts(
    definition: IndexDefinition, index: str, count: int
) -> Iterator[tuple[int, list[str]]]:
    """Yield the same for some documents, chosen at random."""
    left = count
    for keys in _pages_of_ids(definition, index, random.randrange(1 << 31)):  # noqa: S311 (no secret)
        some = keys[:left]
        left -= len(some)
        yield len(some), _without_object(definition, some)
        if not left:
            return


def _pages_of_ids(
    definition: IndexDefinition, index: str, seed: int | None
) -> Generator[list[str]]:
    window = int(definition.settings.get("max_result_window", PAGE))
    size = min(window, get_options().bulk_max_documents)
    timeout = get_options().operation_timeout
    return read_ids(definition.connection, index, timeout=timeout, size=size, seed=seed)


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
