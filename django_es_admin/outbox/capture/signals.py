"""Record each change for which Django sends a signal, in the transaction of the change."""

from typing import Any

from django.db import models
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save

from ...documents import Document, registry
from ...documents.described.kin import family, throughs
from ...documents.described.paths import references
from ...documents.described.places import Place, Places
from ...documents.registry import document_registered
from ..objects.related import RelatedKeys
from ..rows.keys import has_key
from .changes import PORTION
from .links import on_m2m_changed
from .locked import locked_row, locked_rows
from .record import (
    drain_noted,
    feeds,
    in_a_transaction,
    object_entries,
    object_entry,
    record,
    related_entry,
    require_transaction,
)
from .stored_keys import key_in, key_of_row
from .watch import (
    UID,
    Model,
    Watched,
    connect_first,
    is_in_transaction,
    make_atomic,
    may_rely_on_triggers,
    noted_or_undone,
    watch_save,
    watched,
)

# An attribute of an instance, from one signal to the next: the keys of the deleted row.
_KEYS = "_django_es_admin_keys"


def connect() -> None:
    """Capture the changes of all registered documents, and of those registered later."""
    document_registered.connect(_on_registered, dispatch_uid=UID)
    for document in registry.get_documents():
        _watch(document)


def _on_registered(sender: type[Document], **kwargs: Any) -> None:
    _watch(sender)


def _watch(document: type[Document]) -> None:
    options = document.django
    if options.ignore_signals:
        return
    for model in (options.model, *options.related_models):
        for member in family(model):
            make_atomic(member)
            watch_save(member)
            pre_save.connect(_on_pre_save, sender=member, dispatch_uid=UID)
            connect_first(post_save, _on_post_save, member)
            pre_delete.connect(_on_pre_delete, sender=member, dispatch_uid=UID)
            connect_first(post_delete, _on_post_delete, member)
        for through in throughs(model):
            connect_first(m2m_changed, on_m2m_changed, through)


def _on_pre_save(
    sender: Model,
    instance: models.Model,
    using: str,
    raw: bool = False,
    update_fields: Any = None,
    **kwargs: Any,
) -> None:
    """Record the places of an object's documents, and a related object's owners, before a save."""
    drain_noted(using, sender)
    seen = watched(sender)
    if not seen:
        # If triggers capture the change, the save must cost hardly anything here.
        return
    if not is_in_transaction(using):
        if may_rely_on_triggers(seen, using):
            return
        if _concerned(seen, using, update_fields):
            # The change could not be captured, so it is refused before it is made.
            require_transaction(using, sender)
    if _is_new(instance, raw=raw):
        return
    _record_places(sender, instance, using, changed=instance)
    moving = [
        (document, model)
        for document, model in seen.related
        if feeds(document, using) and document.django.reads.follow(model, update_fields)
    ]
    rows = locked_rows(moving, instance, using)
    for document, model in moving:
        row = rows[model]
        if row is not None and _is_moved(model, row, instance):
            _record_related_keys(document, row, using)


def _is_new(instance: models.Model, *, raw: bool) -> bool:
    """Return whether a save will insert a row. With a key, it may update an existing row."""
    if not has_key(instance):
        return True
    return instance._state.adding and not raw and instance._meta.pk.has_default()


def _is_moved(model: Model, row: models.Model, instance: models.Model) -> bool:
    return any(
        getattr(row, field.attname) != getattr(instance, field.attname)
        for field in references(model)
    )


@noted_or_undone
def _on_post_save(
    sender: Model,
    instance: models.Model,
    using: str,
    created: bool,
    update_fields: Any = None,
    **kwargs: Any,
) -> None:
    seen = watched(sender)
    if not seen:
        return
    concerned = _concerned(seen, using, None if created else update_fields)
    entries = [
        entry
        for document in concerned.own
        for entry in object_entries(document, [key_of_row(document, instance, using)], using)
    ]
    entries += [related_entry(d, model, key_in(model, instance)) for d, model in concerned.related]
    with in_a_transaction(using):
        record(using, entries, sender)


def _concerned(seen: Watched, using: str, update_fields: Any) -> Watched:
    """Return the documents that a save of these fields concerns."""
    return Watched(
        own=tuple(
            document
            for document in seen.own
            if feeds(document, using)
            and document.django.reads.concern(document.django.model, update_fields)
        ),
        related=tuple(
            (document, model)
            for document, model in seen.related
            if feeds(document, using) and document.django.reads.concern(model, update_fields)
        ),
    )


def _on_pre_delete(sender: Model, instance: models.Model, using: str, **kwargs: Any) -> None:
    """Record an object, and the objects that belong to it, while they can still be found."""
    drain_noted(using, sender)
    _record_places(sender, instance, using)
    instance.__dict__[_KEYS] = {
        document: key_of_row(document, instance, using)
        for document in watched(sender).own
        if feeds(document, using)
    }
    related = [
        (document, model) for document, model in watched(sender).related if feeds(document, using)
    ]
    rows = locked_rows(related, instance, using)
    for document, model in related:
        row = rows[model]
        if row is not None:
            _record_related_keys(document, row, using)


def _record_places(
    sender: Model, instance: models.Model, using: str, changed: models.Model | None = None
) -> None:
    """Record the documents of an object whose ids are not its primary key.

    Args:
        changed: the saved instance. A place that stays the same need not be recorded.
    """
    for document in watched(sender).own:
        places = document.django.places
        if not (places.own and feeds(document, using)):
            continue
        model = document.django.model
        row = locked_row(model, key_in(model, instance), using)
        place = None if row is None else places.place_of(row)
        if place is not None and (changed is None or not _keeps(places, changed, place)):
            record(using, [object_entry(document, str(place))], sender)


def _keeps(places: Places, instance: models.Model, place: Place) -> bool:
    try:
        return places.place_of(instance) == place
    except Exception:  # noqa: BLE001 (the project's own code, of a value the database will make)
        return False


@noted_or_undone
def _on_post_delete(sender: Model, instance: models.Model, using: str, **kwargs: Any) -> None:
    keys = instance.__dict__.pop(_KEYS, {})
    entries = [
        object_entry(document, keys.get(document) or key_of_row(document, instance, using))
        for document in watched(sender).own
        # The place of any other document was recorded before.
        if feeds(document, using) and not document.django.places.own
    ]
    with in_a_transaction(using):
        record(using, entries, sender)


def _record_related_keys(document: type[Document], instance: models.Model, using: str) -> None:
    for portion in RelatedKeys(document, instance, using).portions("", PORTION):
        record(using, object_entries(document, portion, using), type(instance))
