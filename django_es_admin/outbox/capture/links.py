"""Record the objects that are affected when Django adds, removes or clears many-to-many links."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from django.db import models

from ...documents import Document
from ...models import OutboxEntry
from .changes import portions
from .locked import locked_row
from .record import drain_noted, feeds, in_a_transaction, object_entries, record, related_entry
from .stored_keys import key_in, key_of_row, row_keys
from .watch import Model, Watched, is_in_transaction, noted_or_undone, watched

# An attribute of an instance, from one signal to the next: the links before they were cleared.
_CLEARED = "_django_es_admin_cleared"


@noted_or_undone
def on_m2m_changed(
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
    """Record the objects at both ends of the links, when Django sends its signal."""
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
        # Django clears links in a transaction, but other packages may not. If the objects were
        # recorded now, they might be indexed before the links are cleared; and afterwards, nobody
        # would know what was linked.
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
    """Yield records for links of ``instance`` with objects of ``model``, in portions.

    Args:
        given: the values in the signal that identify these objects; None for all linked objects.
    """
    here, there = watched(type(instance)), watched(model)
    read_here = _read_across(here, there, through, using, backwards=reverse)
    entries = [
        entry
        for document in read_here.own
        for entry in object_entries(document, [key_of_row(document, instance, using)], using)
    ]
    entries += [related_entry(d, m, key_in(m, instance)) for d, m in read_here.related]
    yield entries
    read_there = _read_across(there, here, through, using, backwards=not reverse)
    if not read_there:
        return
    if given is not None:
        keys = _given_keys(through, instance, model, given, using, reverse=reverse)
    else:
        if is_in_transaction(using):
            locked_row(type(instance), str(instance.pk), using)
        keys = _linked_keys(through, instance, model, using, reverse=reverse)
    for portion in portions(keys):
        entries = [entry for d in read_there.own for entry in object_entries(d, portion, using)]
        entries += [related_entry(d, m, key) for d, m in read_there.related for key in portion]
        yield entries


def _read_across(
    side: Watched, other: Watched, through: Model, using: str, *, backwards: bool
) -> Watched:
    """Return the documents of an object whose links to objects of the other side changed.

    If a document may read anything, the objects of both sides are recorded. Objects related to them
    are recorded only if the document has neither side: adding a tag to one product must not write
    all other products with this tag.
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
    """Return the keys of the objects of ``model`` that are linked with ``instance``."""
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
    """Return the keys of the objects of ``model`` that a signal names by the linking column."""
    for _, target in _ends(through, instance, model, reverse=reverse):
        linked = cast("models.ForeignKey[Any, Any]", through._meta.get_field(target)).target_field
        if not linked.primary_key:
            # A foreign key with to_field refers to another column than the key.
            rows = model._base_manager.using(using).filter(**{f"{linked.name}__in": given})
            return map(str, rows.values_list("pk", flat=True).iterator())
    return row_keys(model, given, using)


def _ends(
    through: Model, instance: models.Model, model: Model, *, reverse: bool
) -> Iterator[tuple[str, str]]:
    """Yield the foreign keys of a relation's table to ``instance`` and to ``model``."""
    holder = model if reverse else type(instance)
    for field in holder._meta.many_to_many:
        if field.remote_field.through is through:
            names = (field.m2m_field_name(), field.m2m_reverse_field_name())
            yield names[::-1] if reverse else names
