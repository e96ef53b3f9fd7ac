"""Record each change that Django sends a signal for, in the transaction of the change."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from django.db import models
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save

from ...documents import Document, registry
from ...documents.described.kin import family, throughs
from ...documents.described.paths import references
from ...documents.described.places import Place, Places
from ...documents.registry import document_registered
from ...models import OutboxEntry
from ..objects.related import RelatedKeys
from ..rows.keys import has_key, value_of
from ..rows.lock import wait_for_writers
from .changes import PORTION, portions
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
from .stored_keys import key_text, row_key, row_keys, value_in
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

# On an instance, from one signal to the next: the keys of the row that is deleted, and what was
# linked before it was cleared.
_KEYS = "_django_es_admin_keys"
_CLEARED = "_django_es_admin_cleared"


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
            connect_first(m2m_changed, _on_m2m_changed, through)


def _on_pre_save(
    sender: Model,
    instance: models.Model,
    using: str,
    raw: bool = False,
    update_fields: Any = None,
    **kwargs: Any,
) -> None:
    """Record where an object stands, and what a related one belongs to, before it is moved."""
    drain_noted(using, sender)
    seen = watched(sender)
    if not seen:
        # What triggers capture is to cost a save hardly anything here.
        return
    if not is_in_transaction(using):
        if may_rely_on_triggers(seen, using):
            return
        if _concerned(seen, using, update_fields):
            # It could not be captured with the change: refused before the change is made.
            require_transaction(using, sender)
    if _is_new(instance, raw=raw):
        return
    _record_places(sender, instance, using, changed=instance)
    moving = [
        (document, model)
        for document, model in seen.related
        if feeds(document, using) and document.django.reads.follow(model, update_fields)
    ]
    rows = _locked_rows(moving, instance, using)
    for document, model in moving:
        row = rows[model]
        if row is not None and _is_moved(model, row, instance):
            _record_related_keys(document, row, using)


def _is_new(instance: models.Model, *, raw: bool) -> bool:
    """Whether a save will insert a row: one that has a key may also update a row of that key."""
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
        for entry in object_entries(document, [_key_of_row(document, instance, using)], using)
    ]
    entries += [related_entry(d, model, _key_in(model, instance)) for d, model in concerned.related]
    with in_a_transaction(using):
        record(using, entries, sender)


def _concerned(seen: Watched, using: str, update_fields: Any) -> Watched:
    """Return what of it a save of those fields concerns."""
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


def _key_in(model: Model, instance: models.Model) -> str:
    return key_text(model, value_in(model, instance))


def _key_of_row(document: type[Document], instance: models.Model, using: str) -> str:
    model = document.django.model
    return row_key(model, value_in(model, instance), using)


def _on_pre_delete(sender: Model, instance: models.Model, using: str, **kwargs: Any) -> None:
    """Record where an object stands, and what belongs to it, while that can still be found out."""
    drain_noted(using, sender)
    _record_places(sender, instance, using)
    instance.__dict__[_KEYS] = {
        document: _key_of_row(document, instance, using)
        for document in watched(sender).own
        if feeds(document, using)
    }
    related = [
        (document, model) for document, model in watched(sender).related if feeds(document, using)
    ]
    rows = _locked_rows(related, instance, using)
    for document, model in related:
        row = rows[model]
        if row is not None:
            _record_related_keys(document, row, using)


def _record_places(
    sender: Model, instance: models.Model, using: str, changed: models.Model | None = None
) -> None:
    """Record where the documents of an object stand that do not stand under its primary key.

    Args:
        changed: what is saved; a place that it keeps need not be recorded.
    """
    for document in watched(sender).own:
        places = document.django.places
        if not (places.own and feeds(document, using)):
            continue
        model = document.django.model
        row = _locked(model, _key_in(model, instance), using)
        place = None if row is None else places.place_of(row)
        if place is not None and (changed is None or not _keeps(places, changed, place)):
            record(using, [object_entry(document, str(place))], sender)


def _keeps(places: Places, instance: models.Model, place: Place) -> bool:
    try:
        return places.place_of(instance) == place
    except Exception:  # noqa: BLE001 (the project's own code, of a value the database will make)
        return False


def _locked_rows(
    related: list[tuple[type[Document], Model]], instance: models.Model, using: str
) -> dict[Model, models.Model | None]:
    """Return the object of each model that ``instance`` is, as its row is now; None if none is."""
    found: dict[Model, models.Model | None] = {}
    for _, model in related:
        if model not in found:
            found[model] = _locked(model, _key_in(model, instance), using)
    return found


def _locked(model: Model, key: str, using: str) -> models.Model | None:
    """Return an object as its row is now, and stays until the commit.

    What an instance was loaded with may be outdated. And a relation that another transaction
    adds after relations were looked at here, and before they are deleted, would be deleted
    unnoticed: it has to refer to the row, and so waits for it.
    """
    require_transaction(using, model)
    wait_for_writers(using)
    rows = model._base_manager.using(using).select_for_update()
    return rows.filter(pk=value_of(model, key)).first()


@noted_or_undone
def _on_post_delete(sender: Model, instance: models.Model, using: str, **kwargs: Any) -> None:
    keys = instance.__dict__.pop(_KEYS, {})
    entries = [
        object_entry(document, keys.get(document) or _key_of_row(document, instance, using))
        for document in watched(sender).own
        # Where any other stands was noted before.
        if feeds(document, using) and not document.django.places.own
    ]
    with in_a_transaction(using):
        record(using, entries, sender)


@noted_or_undone
def _on_m2m_changed(
    sender: Model,
    *,
    instance: models.Model,
    action: str,
    reverse: bool,
    model: Model,
    pk_set: set[Any] | None,
    using: str,
    **kwargs: Any,
) -> None:
    if action.startswith("pre_") and is_in_transaction(using):
        for end in (type(instance), model):
            drain_noted(using, end)
    if action == "post_clear":
        noted: Iterable[list[OutboxEntry]] = instance.__dict__.pop(_CLEARED, {}).pop(sender, ())
    elif action in ("pre_clear", "post_add", "post_remove"):
        keys = pk_set if action != "pre_clear" else None
        noted = _entries_of_links(sender, instance, model, keys, using, reverse=reverse)
    else:
        return
    if action == "pre_clear" and not is_in_transaction(using):
        # Django clears in a transaction, other packages may not: noted now, it would be indexed as
        # it is before, and once it is cleared nobody could tell what was linked.
        instance.__dict__.setdefault(_CLEARED, {})[sender] = list(noted)
        return
    with in_a_transaction(using):
        for entries in noted:
            record(using, entries, sender)


def _entries_of_links(
    through: Model,
    instance: models.Model,
    model: Model,
    given: set[Any] | None,
    using: str,
    *,
    reverse: bool,
) -> Iterator[list[OutboxEntry]]:
    """Yield records of links of ``instance`` with objects of ``model``, in portions.

    Args:
        given: what identifies those objects in the signal; None for all that are linked.
    """
    here, there = watched(type(instance)), watched(model)
    read_here = _read_across(here, there, through, using, backwards=reverse)
    entries = [
        entry
        for document in read_here.own
        for entry in object_entries(document, [_key_of_row(document, instance, using)], using)
    ]
    entries += [related_entry(d, m, _key_in(m, instance)) for d, m in read_here.related]
    yield entries
    read_there = _read_across(there, here, through, using, backwards=not reverse)
    if not read_there:
        return
    if given is not None:
        keys = _given_keys(through, instance, model, given, using, reverse=reverse)
    else:
        if is_in_transaction(using):
            _locked(type(instance), str(instance.pk), using)
        keys = _linked_keys(through, instance, model, using, reverse=reverse)
    for portion in portions(keys):
        entries = [entry for d in read_there.own for entry in object_entries(d, portion, using)]
        entries += [related_entry(d, m, key) for d, m in read_there.related for key in portion]
        yield entries


def _read_across(
    side: Watched, other: Watched, through: Model, using: str, *, backwards: bool
) -> Watched:
    """Return what an object concerns whose links to objects of the other side changed.

    Of a document that may read anything, the objects of either side are taken, and what is related
    to them only where it has none: a tag that is put on one product must not write all its others.
    """

    def crosses(document: type[Document], unknown: bool) -> bool:
        found = document.django.reads.cross(through, backwards=backwards)
        return feeds(document, using) and (unknown if found is None else found)

    own = (*side.own, *other.own)
    return Watched(
        own=tuple(d for d in side.own if crosses(d, unknown=True)),
        related=tuple((d, m) for d, m in side.related if crosses(d, unknown=d not in own)),
    )


def _linked_keys(
    through: Model, instance: models.Model, model: Model, using: str, *, reverse: bool
) -> Iterator[str]:
    """Return the keys of the objects of ``model`` that ``instance`` is linked with."""
    for source, target in _ends(through, instance, model, reverse=reverse):
        rows = through._base_manager.using(using).filter(**{source: instance})
        return row_keys(model, rows.values_list(f"{target}__pk", flat=True).iterator(), using)
    return iter(())


def _given_keys(
    through: Model,
    instance: models.Model,
    model: Model,
    given: set[Any],
    using: str,
    *,
    reverse: bool,
) -> Iterator[str]:
    """Return the keys of the objects of ``model`` that a signal names by what links them."""
    for _, target in _ends(through, instance, model, reverse=reverse):
        linked = cast("models.ForeignKey[Any, Any]", through._meta.get_field(target)).target_field
        if not linked.primary_key:
            # A foreign key with to_field: it holds another column than the key.
            rows = model._base_manager.using(using).filter(**{f"{linked.name}__in": given})
            return map(str, rows.values_list("pk", flat=True).iterator())
    return row_keys(model, given, using)


def _ends(
    through: Model, instance: models.Model, model: Model, *, reverse: bool
) -> Iterator[tuple[str, str]]:
    """Yield the foreign keys of a relation's table that lead to ``instance`` and to ``model``."""
    holder = model if reverse else type(instance)
    for field in holder._meta.many_to_many:
        if field.remote_field.through is through:
            names = (field.m2m_field_name(), field.m2m_reverse_field_name())
            yield names[::-1] if reverse else names


def _record_related_keys(document: type[Document], instance: models.Model, using: str) -> None:
    for portion in RelatedKeys(document, instance, using).portions("", PORTION):
        record(using, object_entries(document, portion, using), type(instance))
