"""What the log says: the most frequent searches, those without a hit, rising ones, slow ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, get_args

from django.db import router
from django.db.models import Max, QuerySet, Sum

from ...clock import today
from ...conf import get_options
from ...indices.definition import IndexDefinition
from ...models import LoggedSearch
from .write import TOTAL

Kind = Literal["frequent", "missed", "rising", "slow"]
KINDS: tuple[Kind, ...] = get_args(Kind)

OF_EACH_DAY = 300
"""Searches of a day that can be on a list: the others of that day are not looked at."""
LONGEST = 100
"""Searches on a list."""
MOST_DAYS = 92

_BY: Mapping[Kind, str] = {
    "frequent": "count",
    "missed": "missed",
    "rising": "count",
    "slow": "slowest",
}


@dataclass(frozen=True)
class SearchLine:
    """One search in some days.

    Args:
        digest: that names it.
        search: name of the service; ``"admin"`` for a changelist's box.
        words: as they are counted.
        spelling: as they were typed last.
        filters: as JSON; "" for none.
        order: name of the order; "" for the first one.
        count: how often it was searched.
        missed: how often nothing was found.
        promoted: how often a promoted result was shown.
        hits: at most.
        milliseconds: on average.
        slowest: the longest that it took.
        before: how often it was searched in as many days before.
    """

    digest: str
    search: str
    words: str
    spelling: str
    filters: str
    order: str
    count: int
    missed: int
    hits: int
    milliseconds: float
    slowest: float
    before: int = 0
    promoted: int = 0


@dataclass(frozen=True)
class DayLine:
    """All searches of one day."""

    day: date
    count: int
    missed: int
    milliseconds: float


@dataclass(frozen=True)
class SearchReport:
    """What the log says of some days.

    Args:
        kind: which list.
        first: day.
        last: day.
        days: each of them, also those without a search.
        lines: of the list, at most ``LONGEST``.
    """

    kind: Kind
    first: date
    last: date
    days: tuple[DayLine, ...]
    lines: tuple[SearchLine, ...]

    @property
    def count(self) -> int:
        """How many searches there were."""
        return sum(day.count for day in self.days)

    @property
    def missed(self) -> int:
        """How many found nothing."""
        return sum(day.missed for day in self.days)

    @property
    def most(self) -> int:
        """The searches of the busiest day, and 1 at least."""
        return max((day.count for day in self.days), default=0) or 1

    @property
    def slower(self) -> int:
        """How many lines took as long as ``SLOW_SEARCH`` at least once."""
        least = get_options().slow_search * 1000
        return sum(line.slowest >= least for line in self.lines)


def read_report(definition: IndexDefinition, kind: Kind, days: int = 7) -> SearchReport:
    """Return what the log says of an index, today and the days before.

    Of each day the first ``OF_EACH_DAY`` searches are looked at, by the database's index: so it
    takes as long for a thousand searches a day as for a million.

    Args:
        kind: of the list.
        days: how many, ``MOST_DAYS`` at most.
    """
    days = min(max(days, 1), MOST_DAYS)
    last = today()
    first = last - timedelta(days=days - 1)
    found = _candidates(definition, kind, _range(first, last))
    lines = _lines(definition, found, first, last)
    if kind == "rising":
        earlier = _lines(definition, found, first - timedelta(days=days), first - timedelta(days=1))
        before = {line.digest: line.count for line in earlier}
        lines = [replace(line, before=before.get(line.digest, 0)) for line in lines]
    return SearchReport(kind, first, last, _days(definition, first, last), _sorted(kind, lines))


def _range(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _table(definition: IndexDefinition) -> QuerySet[LoggedSearch]:
    using = router.db_for_read(LoggedSearch)
    return LoggedSearch.objects.using(using).filter(
        connection=definition.using, index=definition.name
    )


def _candidates(definition: IndexDefinition, kind: Kind, days: Iterable[date]) -> list[str]:
    by = _BY[kind]
    found: dict[str, None] = {}
    for day in days:
        rows = _table(definition).filter(day=day, **{f"{by}__gt": 0}).exclude(digest=TOTAL)
        names = rows.order_by(f"-{by}").values_list("digest", flat=True)
        found |= dict.fromkeys(names[:OF_EACH_DAY])
    return list(found)


def _lines(
    definition: IndexDefinition, digests: list[str], first: date, last: date
) -> list[SearchLine]:
    lines: list[SearchLine] = []
    for start in range(0, len(digests), 500):
        rows = _table(definition).filter(
            digest__in=digests[start : start + 500], day__gte=first, day__lte=last
        )
        sums = rows.order_by().values("digest", "search", "words", "filters", "order")
        lines += [
            SearchLine(
                digest=row["digest"],
                search=row["search"],
                words=row["words"],
                spelling=row["typed"],
                filters=row["filters"],
                order=row["order"],
                count=row["searches"],
                missed=row["none"],
                hits=row["found"],
                milliseconds=row["time"] / max(row["searches"], 1),
                slowest=row["longest"],
                promoted=row["shown"],
            )
            for row in sums.annotate(
                typed=Max("spelling"),
                searches=Sum("count"),
                none=Sum("missed"),
                shown=Sum("promoted"),
                found=Max("hits"),
                time=Sum("milliseconds"),
                longest=Max("slowest"),
            )
        ]
    return lines


def _sorted(kind: Kind, lines: list[SearchLine]) -> tuple[SearchLine, ...]:
    if kind == "rising":
        lines = [line for line in lines if line.count > line.before]
        lines.sort(key=lambda line: (line.before - line.count, line.words))
    elif kind == "missed":
        lines.sort(key=lambda line: (-line.missed, line.words))
    elif kind == "slow":
        lines.sort(key=lambda line: (-line.slowest, line.words))
    else:
        lines.sort(key=lambda line: (-line.count, line.words))
    return tuple(lines[:LONGEST])


def _days(definition: IndexDefinition, first: date, last: date) -> tuple[DayLine, ...]:
    rows = _table(definition).filter(digest=TOTAL, day__gte=first, day__lte=last)
    found = {
        row.day: DayLine(row.day, row.count, row.missed, row.milliseconds / max(row.count, 1))
        for row in rows
    }
    return tuple(found.get(day, DayLine(day, 0, 0, 0.0)) for day in _range(first, last))
