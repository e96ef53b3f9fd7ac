"""Lock rows before a change, and find the keys of the documents that the change concerns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connections, models

from ...documents import Document
from ...documents.described.kin import link_to, way_down
from ..objects.related import RelatedKeys
from ..rows.keys import text_of, value_of
from .changes import PORTION, portions
from .many import Noted
from .watch import Model, Watched

Rows = models.QuerySet[Any, Any]

_MOST = 30_000
"""The number of keys in one statement. PostgreSQL binds at most 65,535 values."""


@dataclass
class Locked:
    """Locked rows of one model, which no other process changes until the end of the transaction.

    Args:
        using: alias of the database.
        model: the model.
        concerned: the documents that a change of the rows concerns.
        keys: the primary keys of the rows.
        known: model of a document, or of a related object -> the keys of its objects, as text.
    """

    using: str
    model: Model
    concerned: Watched
    keys: list[Any] = field(default_factory=list)
    known: dict[Model, list[str]] = field(default_factory=dict)

    def without(self, others: "Locked") -> "Locked":
        """Return the locked rows that are not among ``others``."""
        known = {
            holder: [key for key in keys if key not in seen]
            for holder, keys in self.known.items()
            for seen in [set(others.known[holder])]
        }
        seen = set(others.keys)
        return replace(self, keys=[key for key in self.keys if key not in seen], known=known)

    def key_portions(self) -> Iterator[list[Any]]:
        """Return the primary keys in portions that fit into one statement."""
        return (self.keys[start : start + _MOST] for start in range(0, len(self.keys), _MOST))

    def note(self) -> None:
        """Record that the rows were changed."""
        for holder, keys in self.known.items():
            concerned = Watched(
                own=tuple(d for d in self.concerned.own if d.django.model is holder),
                related=tuple((d, m) for d, m in self.concerned.related if m is holder),
            )
            Noted(self.using, self.model, concerned).add(keys)

    def note_owners(self) -> None:
        """Record the objects that the rows belong to now, because their documents change, too."""
        for document, holder in self.concerned.related:
            note_owners(document, holder, self.known[holder], self.using)


def lock(rows: Rows, concerned: Watched) -> Locked:
    """Lock rows, and return them with the keys of their documents.

    Args:
        rows: the rows.
        concerned: the documents that a change of the rows concerns.
    """
    holders = dict.fromkeys(d.django.model for d in concerned.own)
    holders |= dict.fromkeys(model for _, model in concerned.related)
    paths = {holder: _path(rows.model, holder) for holder in holders}
    columns = ["pk", *dict.fromkeys(path for path in paths.values() if path != "pk")]
    found = list(_lockable(rows).values_list(*columns))
    at = {holder: columns.index(path) for holder, path in paths.items()}
    return Locked(
        using=rows.db,
        model=rows.model,
        concerned=concerned,
        keys=[row[0] for row in found],
        known={
            holder: [text_of(holder, row[number]) for row in found if row[number] is not None]
            for holder, number in at.items()
        },
    )


def has_one_key(model: Model, concerned: Watched) -> bool:
    """Return whether the primary key of ``model`` is the key of all documents concerned."""
    holders = [d.django.model for d in concerned.own] + [m for _, m in concerned.related]
    return all(_path(model, holder) == "pk" for holder in holders)


def _path(model: Model, holder: Model) -> str:
    """Return the column of ``model`` that holds the key of the object's ``holder``."""
    link = link_to(model, holder)
    if link is None:
        return way_down(model, holder) or "pk"
    return "pk" if link.primary_key and link.model is model else str(link.attname)


def _lockable(rows: Rows) -> Rows:
    """Return a queryset of the same rows that can be locked, even with joins or grouping."""
    query = rows.query
    if query.distinct or query.group_by is not None:
        chosen = rows.order_by().values("pk")
        rows = models.QuerySet(rows.model).using(rows.db).filter(pk__in=chosen)
    of = ("self",) if connections[rows.db].features.has_select_for_update_of else ()
    return rows.select_for_update(of=of)


def note_owners(document: type[Document], model: Model, keys: Iterable[str], using: str) -> None:
    """Record the objects whose documents change with related objects, as they are now.

    Args:
        document: the document class.
        model: the model of the related objects.
        keys: the keys of the related objects.
    """
    noted = Noted(using, document.django.model, Watched((document,), ()))
    for portion in portions(iter(keys)):
        wanted = [value_of(model, key) for key in portion]
        for row in model._base_manager.using(using).filter(pk__in=wanted):
            for owners in RelatedKeys(document, row, using).portions("", PORTION):
                noted.add(owners)
