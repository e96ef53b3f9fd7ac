"""How the models of a document are related through their tables."""

from collections.abc import Iterator
from typing import Any

from django.db import models

Model = type[models.Model]

DEPTH = 3
"""How many foreign keys to follow from a related object to a document that may read anything."""


def concrete(model: Model) -> Model:
    """Return the model that has the table of a proxy model."""
    return model._meta.concrete_model or model


def column_of(field: Any) -> str:
    """Return the column name of a field."""
    return str(field.column)


def forwards(model: Model) -> Iterator[tuple[str, Any]]:
    """Yield the names of a model's relations, including many-to-many, with the related models."""
    for field in model._meta.get_fields():
        declared = field.concrete or field.many_to_many
        if declared and field.is_relation and isinstance(field.related_model, type):
            yield field.name, field.related_model


def ways(start: Any, targets: set[Model], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the lookups that lead from a model to one of other models, along forward relations.

    Args:
        path: the lookup that has led to the model.
    """
    if concrete(start) in targets:
        yield path
    elif len(path) < DEPTH:
        for name, beyond in forwards(concrete(start)):
            yield from ways(beyond, targets, (*path, name))


def unique_columns(model: Model) -> Iterator[tuple[str, ...]]:
    """Yield the sets of columns that are unique in a model's own table."""
    options = model._meta
    columns = {field.name: column_of(field) for field in options.local_concrete_fields}
    yield from ((column_of(field),) for field in options.local_concrete_fields if field.unique)
    constraints = [
        one.fields for one in options.constraints if isinstance(one, models.UniqueConstraint)
    ]
    for names in (*options.unique_together, *constraints):
        if names and columns.keys() >= set(names):
            yield tuple(columns[name] for name in names)


def is_part(side: Model, model: Model) -> bool:
    """Return whether one model is the other, or inherits from it, in either direction."""
    one = concrete(side)
    return one is model or one in model._meta.all_parents or model in one._meta.all_parents


def declarations(through: Model) -> Iterator[tuple[Any, Model, Model]]:
    """Yield the many-to-many fields that use a model as ``through``, with the two models."""
    for key in through._meta.concrete_fields:
        holder = key.related_model
        if not isinstance(holder, type):
            continue
        for field in holder._meta.many_to_many:
            if field.remote_field.through is through:
                yield field, holder, field.related_model
