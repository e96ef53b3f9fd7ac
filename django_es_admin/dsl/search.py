"""A search of documents whose hits can be turned into a queryset."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from django.db import models
from django.dispatch import Signal
from elasticsearch.dsl import Search as DSLSearch

from ..documents.described.places import Place, Places

searching = Signal()
"""Sent before a search asks Elasticsearch, so that tests can make saved objects searchable."""


class Search(DSLSearch[Any]):
    """The search of a document class, as ``DocType.search()`` returns it.

    Args:
        model: the model of the hits.
    """

    def __init__(self, **kwargs: Any) -> None:
        self._model: type[models.Model] | None = kwargs.pop("model", None)
        super().__init__(**kwargs)

    def _clone(self) -> "Search":
        clone: Search = super()._clone()
        clone._model = self._model
        return clone

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Send the search, and return its answer."""
        searching.send(sender=type(self))
        return super().execute(*args, **kwargs)

    def count(self) -> int:
        """Return the number of hits."""
        searching.send(sender=type(self))
        return super().count()

    def scan(self) -> Iterator[Any]:
        """Yield every hit, in no order."""
        searching.send(sender=type(self))
        return super().scan()

    def filter_queryset(
        self, queryset: Any, keep_search_order: bool = True
    ) -> models.QuerySet[Any]:
        """Return those objects of a queryset that are hits, in the order of the hits.

        Args:
            keep_search_order: False to keep the order of the queryset.

        Raises:
            TypeError: the queryset is of another model.
        """
        if self._model is not queryset.model:
            raise TypeError(
                f"Unexpected queryset model (should be: {self._model}, got: {queryset.model})"
            )
        # An existing answer is used again. Otherwise, only the ids are requested.
        answered = hasattr(self, "_response")
        hits = self if answered else self.source(False).execute()
        keys = self._primary_keys(hits, queryset)
        found: models.QuerySet[Any] = queryset.filter(pk__in=keys)
        if not (keep_search_order and keys):
            return found
        ranks = [models.When(pk=key, then=rank) for rank, key in enumerate(keys)]
        return found.order_by(models.Case(*ranks, output_field=models.IntegerField()))

    def _primary_keys(self, hits: Iterable[Any], queryset: models.QuerySet[Any]) -> list[Any]:
        """Return the primary keys of the hits' objects, in the order of the hits."""
        keys = [str(Place(hit.meta.id, getattr(hit.meta, "routing", None))) for hit in hits]
        [document] = cast("list[Any]", self._doc_type)
        places: Places = document.django.places
        if not places.own:
            return keys
        rows = queryset.model._base_manager.using(queryset.db).filter(places.condition(keys))
        found = {str(places.place_of(one)): one.pk for one in rows}
        return [found[key] for key in keys if key in found]

    def _get_queryset(self) -> models.QuerySet[Any]:
        assert self._model is not None  # noqa: S101 (DocType.search() has given it)
        return self._model._default_manager.all()

    def to_queryset(self, keep_order: bool = True) -> models.QuerySet[Any]:
        """Return the objects of the hits.

        Args:
            keep_order: False for the order of the model.
        """
        return self.filter_queryset(self._get_queryset(), keep_order)
