"""Record changes of indexed objects in the outbox, in the transaction of the change."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from django.apps import apps
from django.db import models, router, transaction

from ...documents import Document
from ...exceptions import KeyMissing, ModelNotIndexed
from ..rows.keys import has_key, text_of
from .many import Noted, fed
from .record import object_entry, record
from .stored_keys import keys_of_rows
from .watch import Model, Watched, concerned_by_hand, watched

PORTION = 1_000

Item = TypeVar("Item")


def capture(changed: Iterable[models.Model], using: str | None = None) -> int:
    """Record that objects were changed without a signal; return the number of outbox rows.

    Use it after ``QuerySet.update()``, ``bulk_create()``, ``bulk_update()`` and SQL, and for the
    models of a migration. Call it in the same transaction, with the objects that were changed. They
    may be related objects, or objects whose document has ``ignore_signals``.

    Args:
        changed: instances or a queryset; of a queryset only the keys are read.
        using: alias of the database; that of the objects if omitted.

    Raises:
        CaptureOutsideTransaction: there is no transaction.
        KeyMissing: an instance has no key.
        ModelNotIndexed: no document is of that model, or names it in ``related_models``.
    """
    if isinstance(changed, models.QuerySet):
        model = changed.model
        database = using or changed.db
        concerned = require_indexed(model)
        keys = changed.using(database).values_list("pk", flat=True).iterator()
        return _capture_keys(concerned, model, database, (text_of(model, key) for key in keys))
    return sum(_capture(portion, using, require_indexed) for portion in portions(iter(changed)))


def capture_as_signals_would(changed: Iterable[models.Model], using: str) -> int:
    """Record changes, except for documents that ignore signals; return the number of rows.

    Raises:
        CaptureOutsideTransaction: there is no transaction.
        KeyMissing: an instance has no key, and its model is indexed.
    """
    return sum(_capture(portion, using, watched) for portion in portions(iter(changed)))


def _capture(
    changed: list[models.Model], using: str | None, concerned: Callable[[Model], Watched]
) -> int:
    groups: dict[tuple[Model, str], list[Any]] = {}
    found = {model: concerned(model) for model in dict.fromkeys(map(type, changed))}
    _require_keys(changed, found)
    for one in changed:
        database = using or one._state.db or router.db_for_write(type(one))
        groups.setdefault((type(one), database), []).append(one.pk)
    return sum(
        _capture_keys(found[model], model, database, iter(keys_of_rows(model, keys, database)))
        for (model, database), keys in groups.items()
    )


def require_indexed(model: Model) -> Watched:
    """Return the documents for which the project itself reports changes of ``model``.

    The models of a migration are different classes, so they are found by their labels.
    """
    label = model._meta.label
    try:
        concerned = concerned_by_hand(apps.get_model(label))
    except LookupError:
        concerned = Watched((), ())
    if concerned:
        return concerned
    raise ModelNotIndexed(
        f"{label} is not indexed, so there is nothing to capture: it has no document, and no "
        f"document names it in related_models. Register a document, or remove the call of "
        f"capture()."
    )


def require_keys(changed: Iterable[models.Model]) -> None:
    """Refuse instances whose changes cannot be recorded.

    Raises:
        KeyMissing: one of them has no key, and its model is indexed.
    """
    _require_keys(changed, {model: watched(model) for model in map(type, changed)})


def _require_keys(changed: Iterable[models.Model], concerned: Mapping[Model, Watched]) -> None:
    for model in {type(one) for one in changed if not has_key(one)}:
        if concerned[model]:
            raise KeyMissing(keys_missing(model))


def keys_missing(model: Model) -> str:
    """Return the error for objects of ``model`` that have no key."""
    return (
        f"A {model._meta.label} has no key, so its change cannot be captured: MySQL "
        f"returns no keys from bulk_create(), and no database does with ignore_conflicts. "
        f"Set the key yourself, for example a UUID, or create the object with save() "
        f"(django-import-export: use_bulk = False)."
    )


def _capture_keys(concerned: Watched, model: Model, using: str, keys: Iterator[str]) -> int:
    noted = Noted(using, model, fed(concerned, using))
    return sum(noted.add(portion) for portion in portions(keys))


def capture_keys(document: type[Document], keys: Iterable[str], using: str) -> int:
    """Add an outbox row for each document with one of these keys, in one transaction.

    Args:
        keys: the keys of the documents, as text. They are not all held in memory.
        using: alias of the database.

    Returns:
        The number of rows.
    """
    count = 0
    with transaction.atomic(using=using):
        for portion in portions(iter(keys)):
            entries = [object_entry(document, key) for key in portion]
            record(using, entries, document.django.model)
            count += len(portion)
    return count


def portions(items: Iterator[Item]) -> Iterator[list[Item]]:
    """Yield ``items`` in lists of at most ``PORTION``."""
    while portion := list(islice(items, PORTION)):
        yield portion
