"""Find the objects that wait in the outbox, by their own row or that of a related object."""

from collections.abc import Callable, Collection

from django.db.models import QuerySet

from ...exceptions import ProjectCodeFailed
from ...indices.definition import IndexDefinition
from ...models import OutboxEntry
from .related import RelatedKeys, find_related, related_code

PORTION = 500
"""The number of keys in one query."""


def find_awaited(
    definition: IndexDefinition, keys: Collection[str], on_row: Callable[[], None]
) -> set[str]:
    """Return the keys, out of some, of documents with a change in the outbox that is tried again.

    Args:
        keys: the keys to look for; not very many.
        on_row: called before the objects affected by a related object are read, which may take a
            while.
    """
    waiting = OutboxEntry.objects.using(definition.database).filter(
        connection=definition.using,
        index=definition.name,
        parked_at__isnull=True,
        delete_sent=False,
    )
    found = _of_objects(waiting, list(keys))
    related = waiting.filter(kind=OutboxEntry.Kind.RELATED).order_by()
    for label, model, key in related.values_list("document", "model", "key").distinct():
        left = set(keys) - found
        if not left:
            break
        on_row()
        found |= _of_related(definition.part(label), model, key, left)
    return found


def _of_objects(waiting: QuerySet[OutboxEntry], keys: list[str]) -> set[str]:
    rows = waiting.filter(kind=OutboxEntry.Kind.OBJECT)
    found: set[str] = set()
    for start in range(0, len(keys), PORTION):
        chosen = rows.filter(key__in=keys[start : start + PORTION])
        found |= set(chosen.values_list("key", flat=True))
    return found


def _of_related(part: IndexDefinition, model: str, key: str, keys: set[str]) -> set[str]:
    assert part.document is not None  # noqa: S101 (no row is captured without one)
    try:
        related = find_related(part.document, model, key, part.database)
        return _among(part, related, keys) if related else set()
    except ProjectCodeFailed:
        # A drain writes nothing for such a row, either.
        return set()


def _among(part: IndexDefinition, related: RelatedKeys, keys: set[str]) -> set[str]:
    places = related.document.django.places
    wanted = list(keys)
    found: set[str] = set()
    with related_code(related.document, part.database):
        if places.own:
            for portion in related.portions("", PORTION):
                found |= keys & set(places.keys(portion, part.database))
            return found
        for start in range(0, len(wanted), PORTION):
            known = places.primary_keys(wanted[start : start + PORTION])
            found |= related.among(known.values())
    return found
