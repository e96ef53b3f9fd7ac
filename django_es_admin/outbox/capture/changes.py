"""Note changes of indexed objects in the outbox, in the transaction of the change."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.db import models, router

from ...exceptions import KeyMissing
from .record import feeds, object_entries, record, related_entry
from .spelling import keys_of_rows
from .watch import Model, watched

PORTION = 1_000

Item = TypeVar("Item")


def capture(changed: Iterable[models.Model], using: str | None = None) -> int:
    """Note that objects were changed in a way that sends no signal; return how many rows it took.

    For ``QuerySet.update()``, ``bulk_create()``, ``bulk_update()`` and SQL: call it in the same
    transaction, with the objects that were changed; related objects concern documents, too.

    Args:
        changed: instances or a queryset; of a queryset only the keys are read.
        using: alias of the database; that of the objects if omitted.

    Raises:
        CaptureOutsideTransaction: there is no transaction.
        KeyMissing: an instance has no key.
    """
    if isinstance(changed, models.QuerySet):
        database = using or changed.db
        keys = changed.using(database).values_list("pk", flat=True)
        return _capture_keys(changed.model, database, map(str, keys.iterator()))
    count = 0
    for portion in portions(iter(changed)):
        require_keys(portion)
        groups: dict[tuple[Model, str], list[Any]] = {}
        for one in portion:
            database = using or one._state.db or router.db_for_write(type(one))
            groups.setdefault((type(one), database), []).append(one.pk)
        for (model, database), given in groups.items():
            count += _capture_keys(model, database, iter(keys_of_rows(model, given, database)))
    return count


def require_keys(changed: Iterable[models.Model]) -> None:
    """Make sure that the changes of instances can be noted.

    Raises:
        KeyMissing: one of them has no key, and its model is indexed.
    """
    for model in {type(one) for one in changed if one.pk is None}:
        concerned = watched(model)
        if concerned.own or concerned.related:
            raise KeyMissing(
                f"A {model._meta.label} has no key, so that its change cannot be noted: after "
                f"bulk_create() MySQL tells none, nor does an INSERT that ignores conflicts. "
                f"Give it its key beforehand, as UUIDs have it, or create it by save() "
                f"(django-import-export: use_bulk = False)."
            )


def _capture_keys(model: Model, using: str, keys: Iterator[str]) -> int:
    concerned = watched(model)
    own = [document for document in concerned.own if feeds(document, using)]
    related = [(d, other) for d, other in concerned.related if feeds(d, using)]
    count = 0
    for portion in portions(keys):
        entries = [one for document in own for one in object_entries(document, portion, using)]
        entries += [related_entry(d, other, key) for d, other in related for key in portion]
        record(using, entries, model)
        count += len(entries)
    return count


def portions(items: Iterator[Item]) -> Iterator[list[Item]]:
    """Yield ``items`` in lists of at most ``PORTION``."""
    while portion := list(islice(items, PORTION)):
        yield portion
