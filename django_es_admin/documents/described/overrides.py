"""Tell a project's own methods of a document class from those of the base class."""

from typing import Any

from django.db import models
from elasticsearch import dsl

from .declared import Declared


def has_every_row(document: type[Declared]) -> bool:
    """Whether each row of the model's table belongs in the index."""
    model = document.django.model
    return (
        not model._meta.proxy
        and is_plain(model._default_manager)
        and not is_overridden(document, "get_queryset", "should_index_object")
    )


def is_plain(manager: "models.Manager[Any]") -> bool:
    """Whether a manager gives all rows of its model, whenever it is asked.

    Only Django's own ``get_queryset`` does for certain, and one that says so itself, by the
    attribute ``gives_all_rows``.
    """
    found = (vars(base).get("get_queryset") for base in type(manager).__mro__)
    django = models.Manager.get_queryset
    return all(each is django or getattr(each, "gives_all_rows", False) for each in found if each)


def has_prepare(holder: type, name: str) -> bool:
    """Whether a method of a document, or of an inner one, makes the value of a field."""
    return hasattr(holder, f"prepare_{name}") or hasattr(holder, f"prepare_{name}_with_related")


def is_made_by_code(holder: type, name: str, field: Any) -> bool:
    """Whether a field holds something else than the column, or objects, that its path leads to."""
    made = getattr(field, "has_code", False) and not isinstance(field, dsl.Object)
    return made or getattr(field, "may_read_anything", False) or has_prepare(holder, name)


def is_overridden(document: type[Declared], *names: str) -> bool:
    """Whether the project gave ``document`` a method of one of these names."""
    ours = f"{__package__.partition('.')[0]}."
    return any(not getattr(document, name).__module__.startswith(ours) for name in names)
