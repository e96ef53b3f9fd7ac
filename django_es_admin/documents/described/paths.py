"""Follow a document field's path through the models."""

from dataclasses import dataclass
from inspect import getattr_static
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute

if TYPE_CHECKING:
    ModelField = models.Field[Any, Any]


@dataclass(frozen=True)
class Step:
    """One relation on a path.

    Args:
        lookup: the name in a query, such as ``"product"`` for the attribute ``product_set``.
        back: the name of the reverse lookup in a query of ``model``; "" if there is none.
        model: the model it leads to.
        many: whether it leads to any number of objects.
        foreign_key: the names of the columns of ``model`` that lead back; empty if there are none.
        link: for a many-to-many relation, the model of its links, and whether it is followed from
            the model that does not declare it; None otherwise.
        certain: whether a constraint of the database makes sure that the related object exists.
    """

    lookup: str
    back: str
    model: type[models.Model]
    many: bool
    foreign_key: tuple[str, ...] = ()
    link: tuple[type[models.Model], bool] | None = None
    certain: bool = True

    @property
    def through(self) -> type[models.Model] | None:
        """The model of the links if the project declares one; None otherwise."""
        if self.link is None or self.link[0]._meta.auto_created:
            return None
        return self.link[0]


def path_of(name: str, field: Any) -> tuple[str, ...]:
    """Return the path of a document field: the declared path, or the field's name."""
    path = getattr(field, "path", ())
    # An alias field of Elasticsearch also has a path, the name of another field.
    return path if path and isinstance(path, tuple) else (name,)


def find_column(model: type[models.Model], name: str) -> "ModelField | None":
    """Return the model field whose stored value the attribute ``name`` returns, or None.

    The attribute of a foreign key returns an object. An attribute with a descriptor (a file, a
    translated field) returns something else than the stored value.
    """
    if name == "pk":
        name = model._meta.pk.attname
    # A class may have replaced a field's own attribute.
    if type(getattr_static(model, name, None)) in (DeferredAttribute, ForeignKeyDeferredAttribute):
        for field in model._meta.concrete_fields:
            if name == field.attname:
                return field
    return None


def find_relation(model: type[models.Model], name: str) -> Step | None:
    """Return the relation that the attribute ``name`` of an instance of ``model`` follows."""
    for field in model._meta.get_fields():
        related = field.related_model
        if not isinstance(related, type):
            continue
        many = bool(field.many_to_many or field.one_to_many)
        if isinstance(field, models.ForeignObjectRel):
            if field.get_accessor_name() == name:
                key = field.field
                columns = _names(key) if isinstance(key, models.ForeignKey) else ()
                return Step(
                    field.name, key.name, related, many, columns, _link(field, backwards=True)
                )
        elif field.name == name and isinstance(field, (models.ForeignKey, models.ManyToManyField)):
            hidden = field.remote_field.hidden
            back = "" if hidden else field.related_query_name()
            certain = many or getattr(field, "db_constraint", True)
            return Step(name, back, related, many, link=_link(field.remote_field), certain=certain)
        elif field.name == name and hasattr(field, "object_id_field_name"):
            return _generic(field, related)
    return None


def _generic(field: Any, related: type[models.Model]) -> Step:
    """Return a generic relation, recognized by its attributes: it cannot always be imported."""
    kind = related._meta.get_field(field.content_type_field_name)
    key = related._meta.get_field(field.object_id_field_name)
    return Step(field.name, "", related, many=True, foreign_key=(*_names(kind), *_names(key)))


def references(model: type[models.Model]) -> "list[ModelField]":
    """Return the columns that refer to other objects from an object of ``model``."""
    found = [field for field in model._meta.concrete_fields if field.is_relation]
    return found + generic_keys(model)


def generic_keys(model: type[models.Model]) -> "list[ModelField]":
    """Return the columns with the keys of generic foreign keys, which may refer to any model."""
    names = {getattr(field, "fk_field", None) for field in model._meta.private_fields}
    return [field for field in model._meta.concrete_fields if field.name in names]


def _names(field: Any) -> tuple[str, ...]:
    return (field.name, field.attname)


def _link(
    relation: models.ForeignObjectRel, *, backwards: bool = False
) -> tuple[type[models.Model], bool] | None:
    through = getattr(relation, "through", None)
    return None if through is None else (through, backwards)


def exists(model: type[models.Model], path: tuple[str, ...], *, of_queryset: bool = False) -> bool:
    """Return whether the path can lead to a value of an instance of ``model``.

    The result of a property or a method is unknown, so the rest of the path is assumed to exist.

    Args:
        of_queryset: whether the path may use attributes of a queryset, as in ``tags.count``.
    """
    many = False
    for name in path:
        if many and (name.isdigit() or (of_queryset and hasattr(models.QuerySet, name))):
            return True
        step = find_relation(model, name)
        if step is None:
            return find_column(model, name) is not None or hasattr(model, name)
        model, many = step.model, step.many
    return True


def follow(model: type[models.Model], path: tuple[str, ...]) -> type[models.Model] | None:
    """Return the model that a path of relations leads to; None for any other path."""
    for name in path:
        step = find_relation(model, name)
        if step is None:
            return None
        model = step.model
    return model
