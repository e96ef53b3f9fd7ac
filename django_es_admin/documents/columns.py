"""The fast way to read documents: columns through ``values_list()``, never a model instance.

Possible where each field is a column, a column behind forward relations, an object of such, or a
list of such objects behind one to-many relation. A batch costs one query, and one more for each
to-many relation, whatever the number of objects.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models
from elasticsearch import dsl

from .fields import DjangoField
from .overrides import has_prepare
from .paths import find_column, find_relation, path_of
from .prepared import Prepared

if TYPE_CHECKING:
    from .document import Document

Row = tuple[Any, ...]
Make = Callable[[Row], dict[str, Any] | None]
# Key of the document's object -> its related objects.
Lists = Mapping[Any, list[dict[str, Any] | None]]


class NotColumns(Exception):
    """A field needs a model instance."""


@dataclass(frozen=True)
class RelatedList:
    """The objects behind one to-many relation, read for many documents at once.

    Args:
        model: of the related objects.
        back: lookup from the related model to the key of the document's object.
        lookups: names for ``values_list()``, ``back`` the first.
        make: makes the related object from a row.
    """

    model: type[models.Model]
    back: str
    lookups: list[str]
    make: Make

    def read(self, using: str, keys: list[Any]) -> Lists:
        """Return key of the document's object -> its related objects, ordered by their key."""
        # Not iterator(): on PostgreSQL its cursor takes six statements instead of one, and what is
        # read for one batch is kept in memory anyway.
        return self.group(self.select(using, **{f"{self.back}__in": keys}))

    def select(self, using: str, **condition: Any) -> models.QuerySet[Any, Row]:
        """Return the query for the rows of the objects that fulfil ``condition``."""
        rows = self.model._default_manager.using(using).filter(**condition)
        return rows.order_by("pk").values_list(*self.lookups)

    def group(self, rows: Iterable[Row]) -> Lists:
        """Return key of the document's object -> its related objects, in the order of ``rows``."""
        found: defaultdict[Any, list[dict[str, Any] | None]] = defaultdict(list)
        for row in rows:
            found[row[0]].append(self.make(row))
        return found


class ColumnSource:
    """Reads documents as columns.

    Args:
        document: the document class.

    Attributes:
        lookups: names for ``values_list()``, the key the first.
        lists: name of a field -> the to-many relation that it is read from.

    Raises:
        NotColumns: a field of it needs model instances.
    """

    def __init__(self, document: "type[Document]") -> None:
        self.lookups = ["pk"]
        self._plain: list[str] = []
        self._objects: list[tuple[str, Make]] = []
        self.lists: list[tuple[str, RelatedList]] = []
        model, mapping = document.django.model, document._doc_type.mapping
        objects = []
        for name in mapping:
            field = mapping[name]
            if document.fields_read_by_themselves and not isinstance(field, DjangoField):
                continue
            _refuse_code(document, name, field)
            if isinstance(field, dsl.Object) and list(field._mapping):
                objects.append((name, field))
            else:
                self.lookups.append(_column(model, path_of(name, field)))
                self._plain.append(name)
        # After the plain columns, so that a row and the names of those can be zipped.
        for name, field in objects:
            self._add_object(model, name, field)

    def _add_object(self, model: type[models.Model], name: str, field: dsl.Object) -> None:
        path = path_of(name, field)
        step = find_relation(model, path[0])
        if step is None or not step.many:
            lookup, related = _forward(model, path)
            self._objects.append((name, _maker(self.lookups, related, lookup, field)))
        elif len(path) == 1 and step.back:
            back = f"{step.back}__pk"
            lookups = [back]
            make = _maker(lookups, step.model, (), field)
            self.lists.append((name, RelatedList(step.model, back, lookups, make)))
        else:
            raise NotColumns(name)

    def read(self, queryset: models.QuerySet[Any]) -> Iterator[Prepared]:
        """Yield the document of each object of ``queryset``, in its order."""
        rows = list(queryset.prefetch_related(None).values_list(*self.lookups))
        keys = [row[0] for row in rows]
        lists = {name: related.read(queryset.db, keys) for name, related in self.lists if keys}
        return self.make(rows, lists)

    def make(self, rows: Iterable[Row], lists: Mapping[str, Lists]) -> Iterator[Prepared]:
        """Yield the document of each row.

        Args:
            rows: of ``lookups``.
            lists: name of the field -> key -> related objects.
        """
        for row in rows:
            # zip() ends with the plain names, before the columns of the objects.
            source = dict(zip(self._plain, row[1:], strict=False))
            for name, make in self._objects:
                source[name] = make(row)
            for name, found in lists.items():
                source[name] = found.get(row[0], [])
            yield Prepared(row[0], source)


def _refuse_code(holder: type, name: str, field: Any) -> None:
    if has_prepare(holder, name) or getattr(field, "has_code", False):
        raise NotColumns(name)


def _forward(
    model: type[models.Model], path: tuple[str, ...]
) -> tuple[tuple[str, ...], type[models.Model]]:
    """Return the lookup of a path of to-one relations, and the model it leads to."""
    lookup: list[str] = []
    for name in path:
        step = find_relation(model, name)
        if step is None or step.many:
            raise NotColumns(name)
        lookup.append(step.lookup)
        model = step.model
    return tuple(lookup), model


def _column(model: type[models.Model], path: tuple[str, ...]) -> str:
    lookup, model = _forward(model, path[:-1])
    column = find_column(model, path[-1])
    if column is None:
        raise NotColumns(path[-1])
    return "__".join((*lookup, path[-1]))


def _maker(
    lookups: list[str], model: type[models.Model], prefix: tuple[str, ...], field: dsl.Object
) -> Make:
    """Add an object's columns to ``lookups``; return what makes the object from a row."""

    def add(lookup: str) -> int:
        lookups.append(lookup)
        return len(lookups) - 1

    key = add("__".join((*prefix, "pk")))
    columns: list[tuple[str, int]] = []
    objects: list[tuple[str, Make]] = []
    for name in field._mapping:
        inner = field._mapping[name]
        path = path_of(name, inner)
        _refuse_code(field._doc_class, name, inner)
        if isinstance(inner, dsl.Object) and list(inner._mapping):
            lookup, related = _forward(model, path)
            objects.append((name, _maker(lookups, related, (*prefix, *lookup), inner)))
        else:
            columns.append((name, add("__".join((*prefix, _column(model, path))))))

    def make(row: Row) -> dict[str, Any] | None:
        if row[key] is None:
            return None
        made = {name: row[place] for name, place in columns}
        for name, make_inner in objects:
            made[name] = make_inner(row)
        return made

    return make
