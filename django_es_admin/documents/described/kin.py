"""The models whose rows are parts of an object, and the models of its many-to-many links."""

from collections.abc import Iterator
from typing import Any

from django.db import models

Model = type[models.Model]


def family(model: Model) -> list[Model]:
    """Return the models whose saves can change an object of ``model``.

    These are the model, its proxies, and its parents and children in multi-table inheritance.
    Django sends signals only for the class that was saved.
    """
    concrete = model._meta.concrete_model or model
    roots = [concrete, *concrete._meta.get_parent_list()]
    found = dict.fromkeys(roots)
    for root in roots:
        found.update(dict.fromkeys(_subclasses(root, children=root is concrete)))
    return list(found)


def _subclasses(model: Model, *, children: bool) -> Iterator[Model]:
    for subclass in model.__subclasses__():
        if not subclass._meta.abstract and (subclass._meta.proxy or children):
            yield subclass
            yield from _subclasses(subclass, children=children)


def throughs(model: Model) -> Iterator[Model]:
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.many_to_many:
            holder = relation.field if isinstance(relation, models.ManyToManyRel) else relation
            through = getattr(holder.remote_field, "through", None)
            if through is not None:
                yield through


def link_to(model: Model, ancestor: Model) -> Any:
    """Return the field whose column has the key of the ancestor that an object is a part of.

    Return None if it is the same model, or not an ancestor. The key of an indirect ancestor may be
    in the table of the model in between.
    """
    way = model._meta.get_path_to_parent(ancestor._meta.concrete_model or ancestor)
    return way[-1].join_field if way else None


def way_down(model: Model, child: Model) -> str:
    """Return the lookup from an object of ``model`` to its key as a ``child``.

    The lookup is empty if the key is the same, or if ``child`` is not a child.
    """
    concrete = model._meta.concrete_model or model
    options = (child._meta.concrete_model or child)._meta
    if all(one.join_field.primary_key for one in options.get_path_to_parent(concrete)):
        return ""
    return "__".join(
        (*(one.join_field.name for one in options.get_path_from_parent(concrete)), "pk")
    )
