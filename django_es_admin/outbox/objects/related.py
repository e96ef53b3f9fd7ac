"""Find the documents that change with a related object, in portions of their keys."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models.manager import BaseManager

from ...documents import Document
from ...exceptions import ProjectCodeFailed
from ..rows.keys import value_of
from .primary import reading_from
from .project_code import project_code


class RelatedKeys:
    """The keys of the objects whose documents change with a related object.

    Args:
        document: the document class.
        instance: the related object.
        using: alias of the database to read from.
    """

    def __init__(self, document: type[Document], instance: models.Model, using: str) -> None:
        self.document = document
        self._queryset: models.QuerySet[Any] | None = None
        self._keys: list[Any] = []
        with reading_from(using):
            found = _ask(document, instance)
            if isinstance(found, BaseManager):
                found = found.all()
            if isinstance(found, models.QuerySet) and not (
                found.query.is_sliced or found.query.combinator
            ):
                self._queryset = found.using(using).prefetch_related(None).order_by("pk").distinct()
            elif found is not None:
                self._keys = _keys_of([found] if isinstance(found, models.Model) else found)
        self._to_key = document.django.model._meta.pk.to_python

    def portion(self, after: str, size: int) -> list[str]:
        """Return up to ``size`` keys after ``after``, in order; "" is before the first key."""
        last = self._to_key(after) if after else None
        if self._queryset is None:
            return [str(key) for key in self._keys if last is None or key > last][:size]
        rows = self._queryset if last is None else self._queryset.filter(pk__gt=last)
        return [str(key) for key in rows.values_list("pk", flat=True)[:size]]

    def among(self, keys: Collection[str]) -> set[str]:
        """Return those of some keys that change with the related object. The keys must be few."""
        if self._queryset is None:
            return {str(key) for key in self._keys} & set(keys)
        rows = self._queryset.filter(pk__in=[self._to_key(key) for key in keys])
        return {str(key) for key in rows.values_list("pk", flat=True)}

    def portions(self, after: str, size: int) -> Iterator[list[str]]:
        """Yield all keys after ``after``, ``size`` at a time, without an open cursor in between."""
        while portion := self.portion(after, size):
            yield portion
            if len(portion) < size:
                return
            after = portion[-1]


def find_related(document: type[Document], label: str, key: str, using: str) -> RelatedKeys | None:
    """Return the keys that change with an object; None if the object no longer exists.

    Args:
        label: the label of the object's model.
        key: the object's primary key, as the outbox stores it.
        using: alias of the database to read from.

    Raises:
        ProjectCodeFailed: the document's own code fails.
    """
    with related_code(document, using):
        rows = apps.get_model(label)._base_manager.using(using)
        found = rows.filter(pk=value_of(rows.model, key)).first()
        return None if found is None else RelatedKeys(document, found, using)


def related_code(document: type[Document], using: str) -> AbstractContextManager[None]:
    """Run code that calls the document's own code, or evaluates its result."""
    name = f"{document.__name__}.get_instances_from_related()"
    return project_code(ProjectCodeFailed, name, using)


def _ask(document: type[Document], instance: models.Model) -> Any:
    try:
        return document().get_instances_from_related(instance)
    except ObjectDoesNotExist:
        # The object was deleted in the meantime, and that delete was captured.
        return None


def _keys_of(instances: Iterable[models.Model]) -> list[Any]:
    return sorted({instance.pk for instance in instances if instance is not None})
