"""The database searches while Elasticsearch does not answer: unranked, with the same filters."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q, QuerySet

from ...documents import Document
from ..fields import SearchField
from ..lookups import database_lookups, find_lookup
from ..words import Words
from .criteria import Selection
from .paging import Paging
from .pruning import prune


@dataclass(frozen=True)
class DatabaseSearch:
    """A search of the rows behind a document.

    Args:
        words: each is looked for anywhere in a text.
        any_word: whether one of the words is enough.
    """

    document: type[Document]
    fields: Sequence[SearchField]
    words: Words
    any_word: bool
    selections: Sequence[Selection]

    def rows(self) -> QuerySet[Any] | None:
        """Return the rows that fit, each once; None where the database cannot tell."""
        condition = self._condition()
        if condition is None:
            return None
        matching = self.document().get_queryset().filter(condition)
        # A join with tags would give a row once for each of them.
        return self.document().get_queryset().filter(pk__in=matching.values("pk"))

    def _condition(self) -> Q | None:
        condition = Q()
        if self.words:
            lookups = database_lookups(self.document, self.fields)
            if not lookups:
                return None
            each = (
                reduce(or_, (Q(**{f"{lookup}__icontains": word}) for lookup in lookups))
                for word in self.words.words
            )
            condition &= reduce(or_ if self.any_word else and_, each)
        for selection in self.selections:
            lookup = find_lookup(self.document, selection.path)
            if not lookup:
                return None
            if selection.values:
                condition &= Q(**{f"{lookup}__in": selection.values})
            for side, bound in selection.bounds:
                condition &= Q(**{f"{lookup}__{side}": bound})
        return condition


def order(document: type[Document], rows: QuerySet[Any], spec: str) -> QuerySet[Any]:
    """Return the rows in an order of the service; the newest first where it is by relevance."""
    lookup = find_lookup(document, spec.removeprefix("-"))
    if not lookup:
        return rows.order_by("-pk")
    return rows.order_by(f"-{lookup}" if spec.startswith("-") else lookup, "-pk")


def read_page(
    document: type[Document],
    rows: QuerySet[Any],
    paging: Paging,
    includes: Sequence[str],
    excludes: Sequence[str],
) -> list[dict[str, Any]]:
    """Return the documents of one page, as Elasticsearch would have them."""
    keys = list(rows.values_list("pk", flat=True)[paging.start : paging.start + paging.page_size])
    found = {
        prepared.key: prepared.source
        for prepared in document.django.source.read(document().get_queryset().filter(pk__in=keys))
    }
    sources = [source for key in keys if (source := found.get(key)) is not None]
    return [
        {"score": None, **prune(source, includes, excludes)}
        for source in _as_json(document, sources)
    ]


def _as_json(document: type[Document], sources: Iterable[Any]) -> Any:
    """Return plain data: dates and decimals as they would have been sent to Elasticsearch."""
    serializers = document.django.connection.client.transport.serializers
    return json.loads(serializers.get_serializer("application/json").dumps(list(sources)))
