"""Which outbox rows a change of a table needs, for one document."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldError
from django.db import connections, models
from django.db.models import F
from django.db.models.expressions import RawSQL
from django.db.models.sql import Query

from ...documents import Document
from ...documents.described.kin import throughs
from ...exceptions import TriggersImpossible
from ...indices.definition import definition_of
from ...models import OutboxEntry
from ..rows.key_sql import key_sql
from .relations import (
    Model,
    column_of,
    concrete,
    declarations,
    forwards,
    is_part,
    unique_columns,
    ways,
)

Entry = tuple[str, str, str, str, str]

HERE = "django_es_admin_here"
"""Stands for the value of the column in the SQL of an effect."""

_FOUND = "django_es_admin_found"


@dataclass(frozen=True)
class Effect:
    """The outbox rows that a change of a table row needs.

    Args:
        table: the table's name.
        identity: the columns of its primary key.
        collated: whether the primary key has a collation, which may treat different keys as equal.
        unique: the sets of columns that are unique, including the primary key.
        entry: connection, index, kind, model and document of the outbox rows.
        column: the column of the changed row from which the keys are found.
        keys: SQL for the texts of the keys; ``HERE`` stands for the value of the column.
        reads: the columns whose changes count, sorted; None for all columns.
        inserts: whether the insert of a row counts.
        before: whether the old row counts, in an update or a delete.
        after: whether the new row counts, in an update.
        condition: a column, and SQL for the value it must have; both empty for no condition.
    """

    table: str
    identity: tuple[str, ...]
    collated: bool
    unique: tuple[tuple[str, ...], ...]
    entry: Entry
    column: str
    keys: str
    reads: tuple[str, ...] | None
    inserts: bool = True
    before: bool = True
    after: bool = True
    condition: tuple[str, str] = ("", "")


def effects_of(document: type[Document], using: str) -> list[Effect]:
    """Return the effects of all tables that a document reads.

    Args:
        using: alias of the database.

    Raises:
        TriggersImpossible: the database cannot know the ids of the documents.
    """
    if document.django.places.own:
        raise TriggersImpossible(
            f"{document.__name__} makes its ids itself, which a database cannot do."
        )
    made = _Effects(document, using)
    found = [*made.of_own_rows(), *made.of_related_rows(), *made.of_links()]
    return list(dict.fromkeys(found))


class _Effects:
    def __init__(self, document: type[Document], using: str) -> None:
        options = document.django
        self.document = document
        self.using = using
        self.model: Model = options.model._meta.concrete_model or options.model
        self.reads = options.reads
        self.own = (options.using, options.index_name, OutboxEntry.Kind.OBJECT.value, "", "")

    def of_own_rows(self) -> Iterator[Effect]:
        yield from self._of_rows(self.model, self.own, deletes=True)

    def of_related_rows(self) -> Iterator[Effect]:
        for related in self.document.django.related_models:
            model = related._meta.concrete_model or related
            # A deleted object concerns those that it belonged to, and those that refer to it: see
            # below.
            yield from self._of_rows(model, self._related(related), deletes=False)
            yield from self._owners(model)
            yield from self._referring(model)

    def _of_rows(self, model: Model, entry: Entry, *, deletes: bool) -> Iterator[Effect]:
        primary = column_of(model._meta.pk)
        reads = self._columns(model, model)
        yield self._effect(
            model,
            entry,
            primary,
            self._spelled(model, HERE),
            reads=reads if reads is None else tuple(sorted({*reads, primary})),
            before=deletes,
        )
        for parent in self._parents(model):
            reads = self._columns(model, parent)
            if reads != ():
                # The row of a parent alone is not an object of this model; the row of the child is.
                way = [one.join_field.name for one in model._meta.get_path_to_parent(parent)]
                keys = self._keys(model, model, "__".join((*way, "pk")), "pk")
                column = column_of(parent._meta.pk)
                yield self._effect(
                    parent, entry, column, keys, reads=reads, inserts=False, before=False
                )

    def _owners(self, model: Model) -> Iterator[Effect]:
        """Yield effects for the objects that a related object no longer belongs to."""
        for owner in self.reads.owners:
            if (owner.model._meta.concrete_model or owner.model) is not model:
                continue
            fields = [model._meta.get_field(name) for name in owner.names]
            if len(owner.names) > 2:
                yield from self._generic(fields[0], fields[2], owner.before)
                continue
            key: Any = fields[0]
            target = key.target_field.name
            lookup = "__".join((*owner.before, target))
            yield self._owner(key, self._keys(self.model, self.model, lookup, "pk"))
        if self.reads.is_opaque:
            yield from self._owners_of_any(model)

    def _owners_of_any(self, model: Model) -> Iterator[Effect]:
        own = {self.model, *self.model._meta.get_parent_list()}
        for key in model._meta.concrete_fields:
            if not isinstance(key, models.ForeignKey):
                continue
            for path in ways(key.related_model, own, ()):
                way = "__".join((*path, "pk"))
                keys = self._keys(key.related_model, self.model, key.target_field.name, way)
                yield self._owner(key, keys)
        for field in model._meta.private_fields:
            if getattr(field, "fk_field", None) and getattr(field, "ct_field", None):
                kind = model._meta.get_field(field.ct_field)
                yield from self._generic(kind, model._meta.get_field(field.fk_field), ())

    def _referring(self, model: Model) -> Iterator[Effect]:
        """Yield effects for the objects whose foreign keys or links lead to a deleted object.

        A database does not always change or delete these objects first: a foreign key may have no
        constraint, and SQLite's shell ignores all constraints.
        """
        paths = {one.path for one in self.reads.references if concrete(one.model) is model}
        if self.reads.is_opaque:
            for name, beyond in forwards(self.model):
                paths.update(ways(beyond, {model}, (name,)))
        for path in sorted(paths):
            found = Query(self.model).names_to_path(list(path), self.model._meta)[0]
            [target, *more] = found[-1].target_fields
            if not more:
                way = "__".join((*path, target.name))
                yield self._owner(target, self._keys(self.model, self.model, way, "pk"))

    def _generic(self, kind: Any, key: Any, before: tuple[str, ...]) -> Iterator[Effect]:
        if before:
            raise TriggersImpossible(
                f"{self.document.__name__} reads {key.model._meta.label} behind another relation: "
                f"which document such a generic one belongs to is not known to the database."
            )
        types = apps.get_model("contenttypes", "ContentType")._meta.db_table
        label, name = self.model._meta.app_label, self.model._meta.model_name
        condition = (
            f"(SELECT id FROM {self._quote(types)} "  # noqa: S608 (names of models)
            f"WHERE app_label = '{label}' AND model = '{name}')"
        )
        text = "CHAR" if connections[self.using].vendor == "mysql" else "text"
        yield replace(
            self._owner(key, f"CAST({HERE} AS {text})"),
            reads=tuple(sorted((column_of(kind), column_of(key)))),
            condition=(column_of(kind), condition),
        )

    def _owner(self, key: Any, keys: str) -> Effect:
        column = column_of(key)
        return self._effect(
            key.model, self.own, column, keys, reads=(column,), inserts=False, after=False
        )

    def of_links(self) -> Iterator[Effect]:
        followed = dict.fromkeys((self.model, *self.document.django.related_models))
        for through in dict.fromkeys(t for model in followed for t in throughs(model)):
            for field, holder, other in declarations(through):
                names = (field.m2m_field_name(), field.m2m_reverse_field_name())
                yield from self._link(through, names[0], holder, other, backwards=False)
                yield from self._link(through, names[1], other, holder, backwards=True)

    def _link(
        self, through: Model, name: str, side: Model, other: Model, *, backwards: bool
    ) -> Iterator[Effect]:
        """Yield effects for an object whose links changed, on one side, as signals do."""
        found = self.reads.cross(through, backwards=backwards)
        key: Any = through._meta.get_field(name)
        if self._is_own(side) and found is not False:
            yield self._end(key, side, self.own)
        unknown = not (self._is_own(side) or self._is_own(other))
        for related in self.document.django.related_models:
            model = related._meta.concrete_model or related
            if is_part(side, model) and (unknown if found is None else found):
                yield self._end(key, model, self._related(related))

    def _end(self, key: Any, model: Model, entry: Entry) -> Effect:
        target, column = key.target_field, column_of(key)
        if target.primary_key:
            keys = self._spelled(model, HERE)
        else:
            keys = self._keys(key.related_model, model, target.name, "pk")
        return self._effect(key.model, entry, column, keys, reads=(column,))

    def _is_own(self, side: Model) -> bool:
        return is_part(side, self.model)

    def _effect(
        self,
        table: Model,
        entry: Entry,
        column: str,
        keys: str,
        *,
        reads: tuple[str, ...] | None,
        **options: Any,
    ) -> Effect:
        primary: Any = table._meta.pk
        identity = getattr(primary, "fields", None) or (primary,)
        return Effect(
            table=table._meta.db_table,
            identity=tuple(column_of(field) for field in identity),
            collated=bool(getattr(primary, "db_collation", "")),
            unique=tuple(unique_columns(table)),
            entry=entry,
            column=column,
            keys=keys,
            reads=reads,
            **options,
        )

    def _related(self, related: Model) -> Entry:
        options = self.document.django
        part = definition_of(self.document).part_label
        kind = OutboxEntry.Kind.RELATED.value
        return (options.using, options.index_name, kind, related._meta.label, part)

    def _parents(self, model: Model) -> list[Model]:
        """Return the parent models that also have a row for an object."""
        found = [one._meta.concrete_model or one for one in model._meta.get_parent_list()]
        return [one for one in dict.fromkeys(found) if one is not model]

    def _columns(self, model: Model, table: Model) -> tuple[str, ...] | None:
        """Return the columns that the document reads from one of an object's tables."""
        names = self.reads.columns_of(model)
        if names is None:
            return None
        return tuple(
            sorted(
                column_of(field)
                for field in model._meta.concrete_fields
                if field.model._meta.db_table == table._meta.db_table
                and not names.isdisjoint((field.name, field.attname))
            )
        )

    def _keys(self, start: Model, of: Model, lookup: str, way: str) -> str:
        """Return SQL for the keys of the objects that a column's value leads to."""
        if way == "pk" and lookup in ("pk", start._meta.pk.name):
            return self._spelled(of, HERE)
        rows: models.QuerySet[Any, Any] = models.QuerySet(start).using(self.using)
        here: Any = RawSQL(HERE, ())  # noqa: S611 (a constant)
        try:
            found = rows.filter(**{lookup: here}).order_by().annotate(**{_FOUND: F(way)})
            sql, params = found.values_list(_FOUND).query.get_compiler(self.using).as_sql()
        except FieldError as error:
            raise TriggersImpossible(f"{self.document.__name__}: {error}.") from error
        if params or f"= ({HERE})" not in sql:
            raise TriggersImpossible(
                f"{self.document.__name__} reads {lookup} by more than columns: {params!r}."
            )
        spelled = self._spelled(of, f"found.{self._quote(_FOUND)}")
        return f"SELECT {spelled} FROM ({sql}) AS found"  # noqa: S608 (no values)

    def _quote(self, name: str) -> str:
        return connections[self.using].ops.quote_name(name)

    def _spelled(self, model: Model, column: str) -> str:
        sql = key_sql(model, self.using, column)
        if sql is None:
            raise TriggersImpossible(
                f"The primary key of {model._meta.label} is a {type(model._meta.pk).__name__}: "
                f"only Python knows its text."
            )
        return sql
