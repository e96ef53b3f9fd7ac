"""The search in the database if Elasticsearch does not answer: unranked, with the same filters."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import DateTimeField, Q, QuerySet
from django.utils.dateparse import parse_date

from ....documents import Document
from ....documents.reading.querysets import queryset_of
from ...search_ids import rows_of
from ...text.fields import SearchField
from ...text.lookups import database_lookups, find_lookup, find_source
from ...text.words import Words
from ..visitor.criteria import Selection
from ..visitor.paging import Paging
from .pruning import prune


@dataclass(frozen=True)
class DatabaseSearch:
    """A search of the rows of a document.

    Args:
        words: the words, each of which may be anywhere in a text.
        any_word: whether one of the words is enough.
        never: the keys of documents to leave out.
    """

    document: type[Document]
    fields: Sequence[SearchField]
    words: Words
    any_word: bool
    selections: Sequence[Selection]
    never: Sequence[str] = ()

    def rows(self) -> QuerySet[Any] | None:
        """Return the matching rows, each once; None if the database cannot search for them."""
        condition = self._condition()
        if condition is None:
            return None
        if self.never:
            condition &= ~rows_of(self.document, self.never)
        matching = queryset_of(self.document).filter(condition)
        # A join with tags would return a row once for each tag.
        return queryset_of(self.document).filter(pk__in=matching.values("pk"))

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
            source = find_source(self.document, selection.path)
            if source is None:
                return None
            lookup, column = source
            # For Elasticsearch a date is the whole day; for a database it is the first moment of
            # the day.
            whole_days = isinstance(column, DateTimeField)
            if selection.values and whole_days:
                condition &= reduce(or_, (_within(lookup, value) for value in selection.values))
            elif selection.values:
                condition &= Q(**{f"{lookup}__in": selection.values})
            for side, bound in selection.bounds:
                if whole_days:
                    condition &= _bounded(lookup, side, bound)
                else:
                    condition &= Q(**{f"{lookup}__{side}": bound})
        return condition


def _within(lookup: str, moment: str) -> Q:
    return _bounded(lookup, "gte", moment) & _bounded(lookup, "lte", moment)


def _bounded(lookup: str, side: str, moment: str) -> Q:
    day = parse_date(moment)
    if day is None:
        return Q(**{f"{lookup}__{side}": moment})
    first = datetime.combine(day, time(), UTC)
    if side == "gte":
        return Q(**{f"{lookup}__gte": first})
    # The last possible day has no next day, so there is no bound.
    return Q() if day == date.max else Q(**{f"{lookup}__lt": first + timedelta(days=1)})


def order(document: type[Document], rows: QuerySet[Any], spec: str) -> QuerySet[Any]:
    """Return the rows in an order of the service; the newest first instead of by relevance."""
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
    """Return the documents of one page, as Elasticsearch would return them."""
    keys = list(rows.values_list("pk", flat=True)[paging.start : paging.start + paging.page_size])
    batch = document.django.source.read(queryset_of(document).filter(pk__in=keys))
    found = {prepared.key: prepared.source for prepared in batch}
    sources = [source for key in keys if (source := found.get(key)) is not None]
    return [
        {"score": None, **prune(source, includes, excludes)}
        for source in _as_json(document, sources)
    ]


def _as_json(document: type[Document], sources: Iterable[Any]) -> Any:
    """Return plain data, with dates and decimals as Elasticsearch would return them."""
    serializers = document.django.connection.client.transport.serializers
    return json.loads(serializers.get_serializer("application/json").dumps(list(sources)))
