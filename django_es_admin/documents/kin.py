"""The models whose rows are parts of an object, and those of its many-to-many links."""

from collections.abc import Iterator

from django.db import models

Model = type[models.Model]


def family(model: Model) -> list[Model]:
    """Return the models whose saves can change an object of ``model``.

    It, its proxies, its parents and children in multi-table inheritance: Django sends signals for
    the class that was saved alone.
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
