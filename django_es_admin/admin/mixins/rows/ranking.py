"""Put rows in the order of a search's hits, without sorting all of them in the database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from django.db.models import Case, F, Field, IntegerField, OrderBy, QuerySet, Value, When

from ....search.querysets.keys import AmongKeys, Keys
from .special import SpecialRows, special

# Rows that a query ranks one by one, where it is not known how many are shown: it grows with them.
MAX_RANKED = 100


def matching(queryset: QuerySet[Any], ids: Iterable[Any]) -> list[Any]:
    """Return the keys of ``queryset``: those of ``ids`` in their order, then the others in its own.

    Others are there only if a project's ``get_search_results()`` added them to the hits.
    """
    found = set(queryset.order_by().values_list("pk", flat=True))
    ranked = [key for key in ids if key in found]
    if len(ranked) < len(found):
        others = found.difference(ranked)
        ordered = dict.fromkeys(queryset.values_list("pk", flat=True))
        ranked += [key for key in ordered if key in others]
    return ranked


def in_order(queryset: QuerySet[Any], keys: Sequence[Any]) -> QuerySet[Any]:
    """Return the rows of ``keys``, in their order.

    Args:
        keys: of one page: the query grows with them.
    """
    rows = queryset.filter(pk__in=keys)
    if rows.query.distinct:
        # Parameters that PostgreSQL binds by itself make two expressions of one: it sorts distinct
        # rows by what is selected only.
        ranked: QuerySet[Any] = rows.annotate(elasticsearch_rank=_rank(keys))
        return ranked.order_by(_ascending(ranked, F("elasticsearch_rank")), "pk")
    if may_repeat(rows):
        return special(rows.order_by(_ascending(rows, _rank(keys)), "pk"), OnceRows)
    in_turn: Any = special(rows.order_by(), RankedRows)
    in_turn.ranks = {key: place for place, key in enumerate(keys)}
    return cast("QuerySet[Any]", in_turn)


def may_repeat(queryset: QuerySet[Any]) -> bool:
    """Whether a row may come several times, as another table is joined that has several for it."""
    query = queryset.query
    if query.distinct or query.group_by:
        return False
    if query.extra_tables:
        return True
    joins = (query.alias_map[alias] for alias, count in query.alias_refcount.items() if count)
    fields = (getattr(join, "join_field", None) for join in joins)
    return any(field is not None and not _leads_to_one(field) for field in fields)


def _leads_to_one(field: Any) -> bool:
    """Whether a relation leads to one row at most; a generic one says of itself what it is not."""
    is_own = isinstance(field, Field) and field.many_to_one
    return bool(field.one_to_one or is_own)


class RankedRows(SpecialRows):
    """A queryset that puts its few rows in order by itself.

    To sort them by a condition for each takes the database longer than to find them. Copies may be
    other rows, and are sorted so.
    """

    ranks: Mapping[Any, int]

    @property
    def ordered(self) -> bool:
        """Whether there is an order: a formset asks, and would sort them by their keys."""
        return True

    def _fetch_all(self) -> None:
        is_new = self._result_cache is None
        super()._fetch_all()
        if is_new and self._result_cache:
            last = len(self.ranks)
            self._result_cache.sort(key=lambda row: self.ranks.get(row.pk, last))

    def _clone(self) -> Any:
        rows = super()._clone()
        return rows.order_by(_ascending(rows, _rank(list(self.ranks))), "pk")

    def iterator(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Return the rows one by one, as the database sorts them."""
        return cast("Iterator[Any]", self._clone().iterator(*args, **kwargs))


class OnceRows(SpecialRows):
    """A queryset that gives each row once, however often the database does."""

    def _fetch_all(self) -> None:
        super()._fetch_all()
        self._result_cache = list({row.pk: row for row in self._result_cache or ()}.values())


def best_first(queryset: QuerySet[Any], ids: Iterable[Any], start: int = 0) -> QuerySet[Any]:
    """Return ``queryset`` with its best rows first, and the others as they were sorted before.

    Args:
        start: rows on the pages before. They come first, whichever of them; the next hundred are
            ranked.
    """
    keys = matching(queryset, ids)
    if not keys:
        return queryset
    query = queryset.query
    ordering = query.order_by or (query.default_ordering and query.get_meta().ordering) or ()
    rank = _rank(keys[start : start + MAX_RANKED], before=keys[:start])
    return queryset.order_by(_ascending(queryset, rank), *ordering, "-pk")


def _ascending(queryset: QuerySet[Any], rank: Case | F) -> OrderBy:
    """Return the order with the lowest rank first, also in rows that ``reverse()`` has turned."""
    return rank.asc() if queryset.query.standard_ordering else rank.desc()


def _rank(keys: Sequence[Any], before: Sequence[Any] = ()) -> Case:
    whens = [When(AmongKeys(F("pk"), Keys(before)), then=Value(-1))] if before else []
    whens += [When(pk=key, then=Value(place)) for place, key in enumerate(keys)]
    return Case(*whens, default=Value(len(keys)), output_field=IntegerField())
