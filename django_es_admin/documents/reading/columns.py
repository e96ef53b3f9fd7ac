"""The fast way to read documents: columns through ``values_list()``, never a model instance.

This is possible if each field is a column, a column behind forward relations, an object of such
fields, or a list of such objects behind one to-many relation. A batch needs one query, and one more
for each to-many relation, regardless of the number of objects.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.signals import post_init
from elasticsearch import dsl

from ..described.declared import Declared
from ..described.field import DjangoField, holds_list
from ..described.overrides import has_prepare
from ..described.paths import find_column, find_relation, path_of
from ..described.valued import valued
from ..written.shape import DocumentShape, ObjectShape, Row
from .prepared import Prepared
from .querysets import among, chosen_by, in_order, order_of

# Key of the document's object -> the related objects.
Lists = Mapping[Any, list[dict[str, Any] | None]]


class NotColumns(Exception):
    """A field needs a model instance. The message names the field and the reason."""


@dataclass(frozen=True)
class RelatedList:
    """The objects of one to-many relation, read for many documents at once.

    Args:
        model: the model of the related objects.
        back: the lookup from the related model to the key of the document's object.
        lookups: the names for ``values_list()``, beginning with ``back``.
        shape: the parts of the related object.
    """

    model: type[models.Model]
    back: str
    lookups: list[str]
    shape: ObjectShape

    def read(self, using: str, keys: list[Any]) -> Lists:
        """Return key of the document's object -> its related objects, in their model's order."""
        # Not iterator(): on PostgreSQL it needs six statements instead of one, and the rows of one
        # batch are kept in memory anyway.
        return self.group(self.select(using, **among(self.back, keys, using)))

    def select(self, using: str, **condition: Any) -> models.QuerySet[Any, Row]:
        """Return the query for the rows of the objects that meet ``condition``."""
        rows = self.model._default_manager.using(using).filter(**condition)
        return in_order(rows).values_list(*self.lookups)

    def group(self, rows: Iterable[Row]) -> Lists:
        """Return key of the document's object -> its related objects, in the order of ``rows``."""
        found: defaultdict[Any, list[dict[str, Any] | None]] = defaultdict(list)
        for row in rows:
            found[row[0]].append(self.shape.make(row))
        return found


class ColumnSource:
    """Reads documents as columns.

    Args:
        document: the document class.

    Attributes:
        lookups: the names for ``values_list()``, beginning with the key.
        shape: the parts of a document, without its lists.
        lists: name of a field -> the to-many relation that it is read from.

    Raises:
        NotColumns: a field of the document needs model instances.
    """

    def __init__(self, document: type[Declared]) -> None:
        self.lookups = ["pk"]
        plain: list[str] = []
        self._objects: list[tuple[str, ObjectShape]] = []
        self.lists: list[tuple[str, RelatedList]] = []
        model, mapping = document.django.model, document._doc_type.mapping
        _refuse_loading(model)
        objects = []
        for name in valued(mapping):
            field = mapping[name]
            if document.fields_read_by_themselves and not isinstance(field, DjangoField):
                continue
            _refuse_code(document, name, field)
            if _is_object(field):
                objects.append((name, field))
            else:
                self.lookups.append(_column(model, path_of(name, field)))
                plain.append(name)
        # After the plain columns, so that a row can be zipped with their names.
        for name, field in objects:
            self._add_object(model, name, field)
        self.shape = DocumentShape(plain, self._objects)

    def _add_object(self, model: type[models.Model], name: str, field: dsl.Object) -> None:
        path = path_of(name, field)
        step = find_relation(model, path[0])
        if step is None or not step.many:
            lookup, related = _forward(model, path)
            self._objects.append((name, _shape(self.lookups, related, lookup, field)))
        elif len(path) == 1 and step.back:
            _refuse_loading(step.model)
            _refuse_rows(step.model)
            back = f"{step.back}__pk"
            lookups = [back]
            shape = _shape(lookups, step.model, (), field, listed=False)
            self.lists.append((name, RelatedList(step.model, back, lookups, shape)))
        else:
            raise NotColumns(f"{name} is behind several relations, or one without a way back")

    def can_read(self, queryset: models.QuerySet[Any]) -> bool:
        """Return whether the columns have the same values as the instances of ``queryset``.

        The project may prefetch other objects, which only instances have.
        """
        return all(prefetch.to_attr for prefetch in chosen_by(queryset).values())

    def read(self, queryset: models.QuerySet[Any]) -> Iterator[Prepared]:
        """Yield the document of each object of ``queryset``, in its order."""
        rows = list(queryset.prefetch_related(None).values_list(*self.lookups))
        keys = [row[0] for row in rows]
        lists = {name: related.read(queryset.db, keys) for name, related in self.lists if keys}
        return self.make(rows, lists)

    def make(self, rows: Iterable[Row], lists: Mapping[str, Lists]) -> Iterator[Prepared]:
        """Yield the document of each row.

        Args:
            rows: rows with the columns of ``lookups``. lists: name of the field -> key -> related
                objects.
        """
        for row in rows:
            source = self.shape.make(row)
            for name, found in lists.items():
                source[name] = found.get(row[0], [])
            yield Prepared(row[0], source)


def _is_object(field: Any) -> bool:
    return isinstance(field, dsl.Object) and bool(list(field._mapping))


def _refuse_code(holder: type, name: str, field: Any) -> None:
    lists_objects = _is_object(field) and holds_list(field)
    if has_prepare(holder, name):
        raise NotColumns(f"prepare_{name}() needs the object")
    if getattr(field, "has_code", False) and not lists_objects:
        raise NotColumns(f"the field of {name} has code of its own")


def _refuse_loading(model: type[models.Model]) -> None:
    """Refuse a model whose instances may have other values than their rows."""
    ours = models.Model
    if (
        model.__init__ is not ours.__init__
        or model.__getattribute__ is not ours.__getattribute__
        or getattr(model.from_db, "__func__", None) is not ours.from_db.__func__  # type: ignore[attr-defined]
        or post_init.has_listeners(model)
    ):
        raise NotColumns(f"{model.__name__} runs code when an object is loaded")


def _refuse_rows(model: type[models.Model]) -> None:
    """Refuse a model whose default manager, or order, needs more than its own columns.

    In a query, a second use of the list's relation would be treated as the same use.
    """
    rows = model._default_manager.all()
    query = rows.query
    joined = len(query.alias_map) > 1 or query.annotations or query.extra_tables
    if joined or query.distinct or query.is_sliced or query.combinator or query.extra_order_by:
        raise NotColumns(f"the default manager of {model.__name__} joins or counts something")
    if not all(_is_own_column(model, item) for item in order_of(rows)):
        raise NotColumns(f"{model.__name__} is ordered by more than its own columns")


def _is_own_column(model: type[models.Model], item: Any) -> bool:
    name = item.removeprefix("-") if isinstance(item, str) else ""
    if name == "pk":
        return True
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return field.concrete and not field.is_relation


def _forward(
    model: type[models.Model], path: tuple[str, ...]
) -> tuple[tuple[str, ...], type[models.Model]]:
    """Return the lookup of a path of to-one relations, and the model it leads to."""
    lookup: list[str] = []
    for name in path:
        step = find_relation(model, name)
        # If the other row may be missing, a join could lose this one.
        if step is None or step.many or not step.certain:
            raise NotColumns(f"{name} is no relation of {model.__name__} to one certain row")
        lookup.append(step.lookup)
        model = step.model
        _refuse_loading(model)
    return tuple(lookup), model


def _column(model: type[models.Model], path: tuple[str, ...]) -> str:
    lookup, model = _forward(model, path[:-1])
    column = find_column(model, path[-1])
    if column is None:
        raise NotColumns(f"{path[-1]} is no column of {model.__name__}")
    return "__".join((*lookup, path[-1]))


def _shape(
    lookups: list[str],
    model: type[models.Model],
    prefix: tuple[str, ...],
    field: dsl.Object,
    *,
    listed: bool | None = None,
) -> ObjectShape:
    """Add an object's columns to ``lookups``; return the parts of the object.

    Args:
        listed: whether the object is in a list; by default as its field declares.
    """

    def add(lookup: str) -> int:
        lookups.append(lookup)
        return len(lookups) - 1

    key = add("__".join((*prefix, "pk")))
    columns: list[tuple[str, int]] = []
    objects: list[tuple[str, ObjectShape]] = []
    for name in valued(field._mapping):
        inner = field._mapping[name]
        path = path_of(name, inner)
        _refuse_code(field._doc_class, name, inner)
        if _is_object(inner):
            lookup, related = _forward(model, path)
            made = _shape(lookups, related, (*prefix, *lookup), cast("dsl.Object", inner))
            objects.append((name, made))
        else:
            columns.append((name, add("__".join((*prefix, _column(model, path))))))
    wanted = holds_list(field) if listed is None else listed
    return ObjectShape(key, tuple(columns), tuple(objects), wanted)
