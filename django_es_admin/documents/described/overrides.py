"""Tell a project's own methods of a document class from those of the base class."""

from typing import Any

from django.db import models
from elasticsearch import dsl

from .declared import Declared


def has_every_row(document: type[Declared]) -> bool:
    """Return whether each row of the model's table belongs in the index."""
    model = document.django.model
    return (
        not model._meta.proxy
        and is_plain(model._default_manager)
        and not is_overridden(document, "get_queryset", "should_index_object")
    )


def is_plain(manager: "models.Manager[Any]") -> bool:
    """Return whether a manager always returns all rows of its model.

    This is certain only for Django's own ``get_queryset``, and for a manager with the attribute
    ``gives_all_rows``.
    """
    found = (vars(base).get("get_queryset") for base in type(manager).__mro__)
    django = models.Manager.get_queryset
    return all(each is django or getattr(each, "gives_all_rows", False) for each in found if each)


def has_prepare(holder: type, name: str) -> bool:
    """Return whether a method of a document, or of an inner one, makes the value of a field."""
    return hasattr(holder, f"prepare_{name}") or hasattr(holder, f"prepare_{name}_with_related")


def is_made_by_code(holder: type, name: str, field: Any) -> bool:
    """Return whether a field's value may differ from what is at the end of its path."""
    made = getattr(field, "has_code", False) and not isinstance(field, dsl.Object)
    return made or getattr(field, "may_read_anything", False) or has_prepare(holder, name)


def is_overridden(document: type[Declared], *names: str) -> bool:
    """Return whether the project gave ``document`` a method with one of these names."""
    ours = f"{__package__.partition('.')[0]}."
    return any(not getattr(document, name).__module__.startswith(ours) for name in names)
