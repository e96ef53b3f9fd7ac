"""Which documents change with a related object, found in portions of their keys."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models.manager import BaseManager

from ...documents import Document
from .primary import reading_from


class RelatedKeys:
    """The keys of the objects whose documents change with a related one.

    Args:
        document: the documents' class.
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
        """Return up to ``size`` keys beyond ``after`` in their order; "" is before the first."""
        last = self._to_key(after) if after else None
        if self._queryset is None:
            return [str(key) for key in self._keys if last is None or key > last][:size]
        rows = self._queryset if last is None else self._queryset.filter(pk__gt=last)
        return [str(key) for key in rows.values_list("pk", flat=True)[:size]]

    def portions(self, after: str, size: int) -> Iterator[list[str]]:
        """Yield all keys beyond ``after``, ``size`` at a time; no cursor stays open between."""
        while portion := self.portion(after, size):
            yield portion
            if len(portion) < size:
                return
            after = portion[-1]


def _ask(document: type[Document], instance: models.Model) -> Any:
    try:
        return document().get_instances_from_related(instance)
    except ObjectDoesNotExist:
        # Its object was deleted meanwhile, and that delete was captured.
        return None


def _keys_of(instances: Iterable[models.Model]) -> list[Any]:
    return sorted({instance.pk for instance in instances if instance is not None})
