"""Which columns of which models a document reads, so that other changes cause no work."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

from django.core.exceptions import FieldDoesNotExist
from django.db import models, router
from django.db.models.expressions import Col, OrderBy
from django.db.models.sql import Query
from elasticsearch import dsl

from ..faults import savepoint
from .described.declared import Declared
from .described.overrides import has_prepare, is_overridden
from .described.paths import find_column, find_relation, generic_keys, path_of, references
from .described.valued import valued
from .reading.querysets import chosen_by, order_of, queryset_of

Model = type[models.Model]

# With these, Django does not write the row itself when the related object is deleted.
_NO_UPDATE = (models.CASCADE, models.PROTECT, models.RESTRICT, models.DO_NOTHING)


class Owner(NamedTuple):
    """Columns of a related object that lead back to documents.

    Args:
        model: the model of the related object.
        names: the names of the foreign key, or of both columns of a generic foreign key.
        before: the lookup from the document's model to the model that the key refers to.
    """

    model: Model
    names: tuple[str, ...]
    before: tuple[str, ...]


class Reference(NamedTuple):
    """A related object that documents refer to.

    Args:
        model: the model of the related object.
        path: the lookups from the document's model to the related object.
    """

    model: Model
    path: tuple[str, ...]


class Reads:
    """What a document class reads.

    Args:
        document: the document class.
    """

    def __init__(self, document: type[Declared]) -> None:
        self._columns: dict[Model, set[str]] = {}
        # Code of the project may read anything, so every change counts.
        self._opaque = document.django.places.own or is_overridden(
            document, "should_index_object", "prepare"
        )
        self._reversed: set[Model] = set()
        self._related: set[Model] = set()
        self._links: set[tuple[Model, bool]] = set()
        self._owners: set[Owner] = set()
        self._references: set[Reference] = set()
        self._reached: dict[Model, bool] = {}
        model = document.django.model
        self._columns[model] = set()
        self._add_mapping(model, document, document._doc_type.mapping)
        self._add_queryset(document)

    @property
    def related(self) -> frozenset[Model]:
        """The other models whose changes change the document."""
        return frozenset(self._related)

    @property
    def is_opaque(self) -> bool:
        """Whether code of the project, which may read anything, makes the document."""
        return self._opaque

    @property
    def owners(self) -> frozenset[Owner]:
        """The columns of related objects that say to which documents these belong."""
        return frozenset(self._owners)

    @property
    def references(self) -> frozenset[Reference]:
        """The related objects that foreign keys, or links, of the objects lead to."""
        return frozenset(self._references)

    def columns_of(self, model: Model) -> frozenset[str] | None:
        """Return the names of the columns of ``model`` that the document reads; None for all."""
        columns = None if self._opaque else self._columns.get(model)
        return None if columns is None else frozenset(columns)

    def follow(self, model: Model, update_fields: Iterable[str] | None) -> bool:
        """Return whether a save of a ``model`` instance can move it from one document to another.

        It can if its foreign keys lead to the document, and the document reads the reverse
        relation, or may read anything. A generic foreign key may lead to any object.

        Args:
            update_fields: see :meth:`concern`.
        """
        if model in self._reversed:
            return self.concern(model, update_fields)
        if not self._opaque or not self._is_reached_from(model):
            return False
        names = {name for field in references(model) for name in (field.name, field.attname)}
        return update_fields is None or not names.isdisjoint(update_fields)

    def _is_reached_from(self, model: Model) -> bool:
        if model not in self._reached:
            own = next(iter(self._columns))
            targets = {_concrete(one) for one in (own, *own._meta.get_parent_list())}
            beyond = _lead_to(model)
            generic = any(generic_keys(one) for one in (model, *beyond))
            self._reached[model] = generic or not targets.isdisjoint(beyond)
        return self._reached[model]

    def cross(self, through: Model, *, backwards: bool) -> bool | None:
        """Return whether the document reads the objects of a many-to-many relation, or None.

        Args:
            through: the model of the relation's links.
            backwards: whether the relation is followed from the model that does not declare it.
        """
        ends = {field.related_model for field in through._meta.concrete_fields if field.is_relation}
        symmetrical = len(ends) == 1
        if (through, backwards) in self._links or (symmetrical and (through, False) in self._links):
            return True
        return None if self._opaque else False

    def concern(self, model: Model, update_fields: Iterable[str] | None) -> bool:
        """Return whether a save of an instance of ``model`` can change the document.

        Args:
            update_fields: the names given to ``save()``; None if it saved all.
        """
        if update_fields is None or self._opaque:
            return True
        columns = self._columns.get(model)
        return columns is None or not columns.isdisjoint(update_fields)

    def _add_mapping(
        self, model: Model, holder: type, mapping: Any, before: tuple[str, ...] = ()
    ) -> None:
        for name in valued(mapping):
            if has_prepare(holder, name) or getattr(mapping[name], "may_read_anything", False):
                self._opaque = True
            else:
                self._add_path(model, path_of(name, mapping[name]), mapping[name], before)

    def _add_path(
        self, model: Model, path: tuple[str, ...], field: Any, before: tuple[str, ...]
    ) -> None:
        for name in path:
            step = find_relation(model, name)
            if step is None:
                self._add_column(model, name)
                return
            if step.lookup == name:
                self._columns[model].add(name)
                self._columns[model].add(f"{name}_id")
            if step.foreign_key:
                self._reversed.add(step.model)
                self._owners.add(Owner(step.model, step.foreign_key, before))
                self._columns.setdefault(step.model, set()).update(step.foreign_key)
            else:
                self._references.add(Reference(step.model, (*before, step.lookup)))
            self._columns.setdefault(step.model, set())
            self._related.add(step.model)
            if step.many:
                # Objects that the manager leaves out are not in the document.
                with self._opaque_after_errors(step.model):
                    self._add_rows(step.model, step.model._default_manager.all())
            if step.link is not None:
                self._links.add(step.link)
            if step.through is not None:
                self._add_links(step.through)
            model = step.model
            before = (*before, step.lookup)
        if isinstance(field, dsl.Object):
            self._add_mapping(model, field._doc_class, field._mapping, before)

    def _add_column(self, model: Model, name: str) -> None:
        column = find_column(model, name)
        if column is None:
            self._opaque = True
        else:
            self._add_model_field(model, column)

    def _add_model_field(self, model: Model, column: "models.Field[Any, Any]") -> None:
        self._columns[model] |= {column.name, column.attname}
        if isinstance(column, models.GeneratedField):
            for source in _sources(column):
                self._add_model_field(model, source)
        relation = column.remote_field
        on_delete = getattr(relation, "on_delete", models.CASCADE)
        if relation is not None and on_delete not in _NO_UPDATE:
            # Django changes the column without a signal for this row.
            self._related.add(relation.model)
            self._columns.setdefault(relation.model, set())

    def _add_links(self, through: Model) -> None:
        """Add the model of a relation's links: a change of a link changes documents."""
        self._related.add(through)
        self._reversed.add(through)
        columns = self._columns.setdefault(through, set())
        for field in through._meta.concrete_fields:
            if field.is_relation:
                columns |= {field.name, field.attname}

    @contextmanager
    def _opaque_after_errors(self, model: Model) -> Iterator[None]:
        """Do not let an error in the project's querysets break a save. A later read reports it."""
        using = router.db_for_write(model)
        try:
            # A failed query must not break the transaction of a save.
            with savepoint(using):
                yield
        except Exception:  # noqa: BLE001 (the project's own code)
            self._opaque = True

    def _add_queryset(self, document: type[Declared]) -> None:
        model = document.django.model
        with self._opaque_after_errors(model):
            queryset = queryset_of(document)
            self._add_filter(model, queryset)
            for prefetch in chosen_by(queryset).values():
                self._add_prefetch(model, prefetch)

    def _add_prefetch(self, model: Model, prefetch: "models.Prefetch[Any]") -> None:
        """Add the columns that decide which objects the project prefetches, and in which order."""
        for name in prefetch.prefetch_through.split("__"):
            step = find_relation(model, name)
            if step is None:
                self._opaque = True
                return
            model = step.model
            self._related.add(model)
            self._columns.setdefault(model, set())
        queryset = prefetch.queryset
        if queryset is None:
            queryset = model._default_manager.all()
        self._add_rows(model, queryset)
        for inner in chosen_by(queryset).values():
            self._add_prefetch(model, inner)

    def _add_rows(self, model: Model, queryset: "models.QuerySet[Any]") -> None:
        """Add the columns that decide which objects are in a list, and in which order."""
        self._add_filter(model, queryset)
        for item in order_of(queryset):
            self._add_order(model, item, ())

    def _add_order(self, model: Model, item: Any, beyond: tuple[Model, ...]) -> None:
        """Add the columns of an item of an order.

        Args:
            beyond: the models whose own order has led here.
        """
        name, at = _name_in_order(item), model
        for part in name.split("__"):
            column = at._meta.pk if part == "pk" else _field_of(at, part)
            if not isinstance(column, models.Field):
                self._opaque = True
                return
            self._columns.setdefault(at, set())
            self._add_model_field(at, column)
            if column.is_relation and part != column.attname:
                at = cast("Model", column.related_model)
                self._related.add(at)
        if at is not model and column.is_relation and at not in beyond:
            # An order by a related object uses the order of its model.
            for inner in at._meta.ordering or ():
                self._add_order(at, inner, (*beyond, model, at))

    def _add_filter(self, model: Model, queryset: "models.QuerySet[Any]") -> None:
        """Add the columns that decide whether an object is in the queryset."""
        query = queryset.query
        base = query.get_initial_alias()
        for leaf in query.where.leaves():
            column = getattr(leaf, "lhs", None)
            rhs = getattr(leaf, "rhs", None)
            while isinstance(column, models.Transform):
                column = column.lhs
            if isinstance(column, Col) and column.alias != base:
                if column.target.model not in model._meta.get_parent_list():
                    self._related.add(column.target.model)
                self._opaque = True
            elif isinstance(column, Col) and not hasattr(rhs, "resolve_expression"):
                self._add_model_field(model, column.target)
            else:
                self._opaque = True
        if query.annotations or query.combinator:
            self._opaque = True


def _name_in_order(item: Any) -> str:
    """Return the column name of an item of an order; "" for an expression."""
    if isinstance(item, OrderBy):
        item = item.expression
    if isinstance(item, models.F):
        item = getattr(item, "name", "")
    return item.removeprefix("-") if isinstance(item, str) else ""


def _field_of(model: Model, name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def _sources(column: "models.GeneratedField") -> "Iterator[models.Field[Any, Any]]":
    """Yield the columns from which the database generates ``column``."""
    expression = cast("Any", column).expression
    yield from _columns_in(expression.resolve_expression(Query(column.model), allow_joins=False))


def _columns_in(expression: Any) -> "Iterator[models.Field[Any, Any]]":
    if isinstance(expression, Col):
        yield expression.target
    for part in expression.get_source_expressions():
        if part is not None:
            yield from _columns_in(part)


def _lead_to(model: Model) -> set[Model]:
    """Return the models that foreign keys of ``model`` lead to, and the models related to these.

    The latter are related by foreign keys or many-to-many relations.
    """
    beyond = [field.related_model for field in model._meta.concrete_fields]
    found: set[Model] = set()
    while beyond:
        related = beyond.pop()
        # Generic relations and plain columns have no related model.
        if isinstance(related, type) and _concrete(related) not in found:
            found.add(_concrete(related))
            beyond += [
                field.related_model
                for field in related._meta.get_fields()
                if field.is_relation and (field.concrete or field.many_to_many)
            ]
    return found


def _concrete(model: Model) -> Model:
    return model._meta.concrete_model or model
