"""Find objects without a document, and documents without an object.

Both sides are read once, and hashes of their ids are added up in many buckets, so memory does not
grow with the number of documents. Only if the sums of a bucket differ, a second pass collects its
ids.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.models import Q, QuerySet

from ...conf import get_options
from ...documents import Document
from ...documents.described.overrides import is_overridden
from ...documents.reading.prepared import Prepared
from ...exceptions import ObjectsUnreadable
from ...indices.definition import IndexDefinition
from ...indices.ids import PAGE, existing_ids, read_ids
from ...outbox.objects.primary import reading_from
from ...outbox.objects.project_code import project_code
from ...outbox.objects.read import objects, read_keys, table_of

BUCKETS = 1 << 16
_MASK = (1 << 64) - 1

Walk = Callable[[], Iterator[list[str]]]


@dataclass(frozen=True)
class Differing:
    """Ids that exist on only one side.

    Args:
        rows: the number of objects that belong in the index.
        documents: the number of documents in the index.
        keys: some of the ids that differ.
        more: whether there are more of them.
    """

    rows: int
    documents: int
    keys: frozenset[str]
    more: bool


def compare_ids(
    definition: IndexDefinition,
    generation: str,
    *,
    limit: int,
    on_ids: Callable[[int], None] = lambda count: None,
) -> Differing:
    """Compare all ids of the database with those of a generation, which was refreshed before.

    Objects that change during the comparison may be reported as different.

    Args:
        limit: approximately how many differing ids to find.
        on_ids: called from time to time with the number of ids compared so far.
    """
    walks = (_rows(definition), _documents(definition, generation))
    sums = [_Sums(), _Sums()]
    seen = 0
    for walk, total in zip(walks, sums, strict=True):
        for page in walk():
            total.add(page)
            seen += len(page)
            on_ids(seen)
    first, second = sums
    buckets = first.differing(second)
    chosen = frozenset(buckets[:limit])
    keys: list[set[str]] = [set(), set()]
    if chosen:
        for walk, found in zip(walks, keys, strict=True):
            for page in walk():
                found.update(key for key in page if hash(key) % BUCKETS in chosen)
                on_ids(seen)
    return Differing(
        rows=first.count,
        documents=second.count,
        keys=frozenset(keys[0] ^ keys[1]),
        more=len(buckets) > len(chosen),
    )


def still_differing(
    definition: IndexDefinition, generation: str, keys: Iterable[str]
) -> frozenset[str]:
    """Return those of ``keys`` that still exist on only one side."""
    wanted = list(keys)
    found: set[str] = set()
    existing: set[str] = set()
    for start in range(0, len(wanted), PAGE):
        portion = wanted[start : start + PAGE]
        for part in definition.parts:
            chosen = _document(part).django.places.condition(portion)
            found |= set(chain.from_iterable(_pages(part, chosen)))
        timeout = get_options().operation_timeout
        existing |= existing_ids(definition.connection, generation, portion, timeout=timeout)
    return frozenset((found ^ existing) & set(wanted))


class _Sums:
    """The number of ids, and the sum of their hashes in each bucket."""

    def __init__(self) -> None:
        self.count = 0
        self.sums = array("Q", bytes(8 * BUCKETS))

    def add(self, ids: Iterable[str]) -> None:
        sums = self.sums
        for key in ids:
            # Python's own hash will do, because both passes run in one process.
            number = hash(key)
            bucket = number % BUCKETS
            sums[bucket] = (sums[bucket] + number) & _MASK
            self.count += 1

    def differing(self, other: "_Sums") -> list[int]:
        pairs = zip(self.sums, other.sums, strict=True)
        return [bucket for bucket, (one, two) in enumerate(pairs) if one != two]


def _rows(definition: IndexDefinition) -> Walk:
    return lambda: chain.from_iterable(_pages(part, Q()) for part in definition.parts)


def _documents(definition: IndexDefinition, generation: str) -> Walk:
    window = int(definition.settings.get("max_result_window", PAGE))
    return lambda: read_ids(
        definition.connection,
        generation,
        timeout=get_options().operation_timeout,
        size=min(window, PAGE),
    )


def _pages(definition: IndexDefinition, chosen: Q) -> Iterator[list[str]]:
    """Yield the ids of the objects that belong in the index.

    An object that cannot be read is included: it will be refused when it is written, and so it is
    noticed.

    Args:
        chosen: which objects to include.
    """
    document = _document(definition)
    places = document.django.places
    decided = is_overridden(document, "should_index_object")
    size = get_options().bulk_max_documents if decided or places.own else PAGE
    beyond = chosen
    while True:
        page = objects(definition).filter(beyond).order_by("pk")[:size]
        try:
            keys, wanted = _read_page(definition, page, decided=decided)
        except ObjectsUnreadable:
            page = table_of(definition).filter(beyond)[:size]
            keys = list(page.values_list("pk", flat=True))
            named = places.keys([str(key) for key in keys], definition.database)
            wanted = _wanted(read_keys(definition, named))
        # A join in get_queryset() may return an object more than once.
        yield list(dict.fromkeys(wanted))
        if len(keys) < size:
            return
        beyond = chosen & Q(pk__gt=keys[-1])


def _read_page(
    definition: IndexDefinition, page: QuerySet[Any], *, decided: bool
) -> tuple[list[Any], list[str]]:
    """Return the keys of the objects of ``page``, and the ids of those that belong in the index.

    Args:
        decided: whether the document's own code decides which objects belong in the index.
    """
    using = definition.database
    document = _document(definition)
    places = document.django.places
    with project_code(ObjectsUnreadable, document.__name__, using), reading_from(using):
        if decided:
            batch = document.django.source.read(page)
            return [one.key for one in batch], _wanted(batch)
        if places.own:
            instances = list(page)
            return [one.pk for one in instances], [str(places.place_of(one)) for one in instances]
        keys = list(page.values_list("pk", flat=True))
        return keys, [str(key) for key in keys]


def _wanted(batch: Iterable[Prepared]) -> list[str]:
    return [one.text for one in batch if one.source is not None or one.error]


def _document(definition: IndexDefinition) -> type[Document]:
    assert definition.document is not None  # noqa: S101 (there is nothing to compare without one)
    return definition.document
