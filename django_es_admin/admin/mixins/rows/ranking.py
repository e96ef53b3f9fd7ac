"""Put rows in the order of a search's hits, without sorting all of them in the database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from django.db.models import Case, F, Field, IntegerField, OrderBy, QuerySet, Value, When

from ....search.querysets.keys import AmongKeys, Keys
from .special import SpecialRows, special

# How many rows a query ranks one by one if it is unknown how many are shown. The query grows with
# them.
MAX_RANKED = 100


def matching(queryset: QuerySet[Any], ids: Iterable[Any]) -> list[Any]:
    """Return the keys of ``queryset``: those of ``ids`` in their order, then the others.

    There are others only if a project's ``get_search_results()`` added rows to the hits.
    """
    found = set(queryset.order_by().values_list("pk", flat=True))
    ranked = [key for key in ids if key in found]
    if len(ranked) < len(found):
        others = found.difference(ranked)
        ordered = dict.fromkeys(queryset.values_list("pk", flat=True))
        ranked += [key for key in ordered if key in others]
    return ranked


def in_order(queryset: QuerySet[Any], keys: Sequence[Any]) -> QuerySet[Any]:
    """Return the rows with these keys, in the order of the keys.

    Args:
        keys: the keys of one page, because the query grows with them.
    """
    rows = queryset.filter(pk__in=keys)
    if rows.query.distinct:
        # With server-side binding, PostgreSQL treats an expression with parameters as two different
        # ones, and it can sort distinct rows only by selected expressions.
        ranked: QuerySet[Any] = rows.annotate(elasticsearch_rank=_rank(keys))
        return ranked.order_by(_ascending(ranked, F("elasticsearch_rank")), "pk")
    if may_repeat(rows):
        return special(rows.order_by(_ascending(rows, _rank(keys)), "pk"), OnceRows)
    in_turn: Any = special(rows.order_by(), RankedRows)
    in_turn.ranks = {key: place for place, key in enumerate(keys)}
    return cast("QuerySet[Any]", in_turn)


def may_repeat(queryset: QuerySet[Any]) -> bool:
    """Return whether a row may occur several times because of a join."""
    query = queryset.query
    if query.distinct or query.group_by:
        return False
    if query.extra_tables:
        return True
    joins = (query.alias_map[alias] for alias, count in query.alias_refcount.items() if count)
    fields = (getattr(join, "join_field", None) for join in joins)
    return any(field is not None and not _leads_to_one(field) for field in fields)


def _leads_to_one(field: Any) -> bool:
    """Return whether a relation leads to at most one row. A generic relation misreports this."""
    is_own = isinstance(field, Field) and field.many_to_one
    return bool(field.one_to_one or is_own)


class RankedRows(SpecialRows):
    """A queryset that sorts its few rows itself.

    Sorting by a condition for each row would take the database longer than finding the rows. Copies
    may have other rows, so the database sorts them in this way.
    """

    ranks: Mapping[Any, int]

    @property
    def ordered(self) -> bool:
        """Whether there is an order. A formset asks, and would otherwise sort the rows by key."""
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
        """Return the rows one by one, sorted by the database."""
        return cast("Iterator[Any]", self._clone().iterator(*args, **kwargs))


class OnceRows(SpecialRows):
    """A queryset that returns each row once, even if the database returns it several times."""

    def _fetch_all(self) -> None:
        super()._fetch_all()
        self._result_cache = list({row.pk: row for row in self._result_cache or ()}.values())


def best_first(queryset: QuerySet[Any], ids: Iterable[Any], start: int = 0) -> QuerySet[Any]:
    """Return ``queryset`` with its best rows first, and the others in their former order.

    Args:
        start: the number of rows on the pages before. These come first in any order; the next
            hundred are ranked.
    """
    keys = matching(queryset, ids)
    if not keys:
        return queryset
    query = queryset.query
    ordering = query.order_by or (query.default_ordering and query.get_meta().ordering) or ()
    rank = _rank(keys[start : start + MAX_RANKED], before=keys[:start])
    return queryset.order_by(_ascending(queryset, rank), *ordering, "-pk")


def _ascending(queryset: QuerySet[Any], rank: Case | F) -> OrderBy:
    """Return the order with the lowest rank first, even for rows that ``reverse()`` has turned."""
    return rank.asc() if queryset.query.standard_ordering else rank.desc()


def _rank(keys: Sequence[Any], before: Sequence[Any] = ()) -> Case:
    whens = [When(AmongKeys(F("pk"), Keys(before)), then=Value(-1))] if before else []
    whens += [When(pk=key, then=Value(place)) for place, key in enumerate(keys)]
    return Case(*whens, default=Value(len(keys)), output_field=IntegerField())
