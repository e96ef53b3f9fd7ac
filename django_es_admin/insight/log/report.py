"""Reports on the log: searches that are frequent, without hits, rising, slow, or clicked late."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, get_args

from django.db import router
from django.db.models import Max, QuerySet, Sum

from ...clock import today
from ...conf import get_options
from ...indices.definition import IndexDefinition
from ...models import LoggedSearch, OpenedResult
from .write import TOTAL

Kind = Literal["frequent", "missed", "rising", "slow", "late"]
KINDS: tuple[Kind, ...] = get_args(Kind)

OF_EACH_DAY = 300
"""How many searches of a day can be on a list. Others are not read."""
LONGEST = 100
"""The maximum number of searches on a list."""
AT_ONCE = 200
"""The number of searches that are read with one query."""
MOST_DAYS = 92

_BY: Mapping[Kind, str] = {
    "frequent": "count",
    "missed": "missed",
    "rising": "count",
    "slow": "slowest",
    "late": "passed",
}


@dataclass(frozen=True)
class SearchLine:
    """The figures of one search in a period.

    Args:
        digest: the digest of the search.
        search: the name of the service; ``"admin"`` for the search box of a changelist.
        words: the words as they are counted.
        spelling: the words as they were last typed.
        filters: the filters as JSON; "" for none.
        order: the name of the order; "" for the default.
        count: how often it was searched.
        missed: how often nothing was found.
        promoted: how often a promoted result was shown.
        hits: the maximum number of hits.
        milliseconds: the average duration.
        slowest: the longest duration, in milliseconds.
        before: how often it was searched in an equal period before.
        clicks: how often a result was opened.
        passed: the total number of results above those that were opened.
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
    clicks: int = 0
    passed: int = 0

    @property
    def rank(self) -> float:
        """The average rank of the opened results, from 1."""
        return 1 + self.passed / max(self.clicks, 1)


@dataclass(frozen=True)
class OpenedLine:
    """One result of a search that was opened in a period.

    Args:
        key: the key of the object.
        clicks: how often it was opened.
        rank: its average rank, from 1.
    """

    key: str
    clicks: int
    rank: float


@dataclass(frozen=True)
class DayLine:
    """The figures of all searches on one day."""

    day: date
    count: int
    missed: int
    milliseconds: float


@dataclass(frozen=True)
class SearchReport:
    """A report on the log of a period.

    Args:
        kind: the kind of list.
        first: the first day.
        last: the last day.
        days: all days, including those without a search.
        lines: the lines of the list, at most ``LONGEST``.
    """

    kind: Kind
    first: date
    last: date
    days: tuple[DayLine, ...]
    lines: tuple[SearchLine, ...]

    @property
    def count(self) -> int:
        """The number of searches."""
        return sum(day.count for day in self.days)

    @property
    def missed(self) -> int:
        """The number of searches without a hit."""
        return sum(day.missed for day in self.days)

    @property
    def most(self) -> int:
        """The number of searches on the busiest day, at least 1."""
        return max((day.count for day in self.days), default=0) or 1

    @property
    def slower(self) -> int:
        """The number of lines that took as long as ``SLOW_SEARCH`` at least once."""
        least = get_options().slow_search * 1000
        return sum(line.slowest >= least for line in self.lines)


def read_report(
    definition: IndexDefinition, kind: Kind, days: int = 7, most: int = LONGEST
) -> SearchReport:
    """Return a report on the log of an index, for today and the days before.

    The first ``OF_EACH_DAY`` searches of each day are read, with an index of the database. So a
    report takes as long for a thousand searches a day as for a million.

    Args:
        kind: the kind of list.
        days: the number of days, at most ``MOST_DAYS``.
        most: the maximum number of searches on the list.
    """
    days = min(max(days, 1), MOST_DAYS)
    last = today()
    first = last - timedelta(days=days - 1)
    told = _days(definition, first, last)
    # In most projects, the log is shorter than the longest period.
    busy = [day.day for day in told if day.count] or _range(first, last)
    best = _best_of(definition, kind, busy, max(most, OF_EACH_DAY))
    names = sorted(best, key=lambda name: -best[name])
    lines: list[SearchLine] = []
    for start in range(0, len(names), AT_ONCE):
        # The other searches cannot come before those on the list.
        full = len(lines) >= most
        if full and (not most or _value(kind, lines[most - 1]) > best[names[start]]):
            break
        lines += _read_lines(definition, kind, names[start : start + AT_ONCE], first, days)
        lines = _sorted(kind, lines)
    return SearchReport(kind, first, last, told, tuple(lines[:most]))


def _read_lines(
    definition: IndexDefinition, kind: Kind, names: list[str], first: date, days: int
) -> list[SearchLine]:
    last = first + timedelta(days=days - 1)
    lines = _lines(definition, names, first, last)
    if kind != "rising":
        return lines
    earlier = _lines(definition, names, first - timedelta(days=days), first - timedelta(days=1))
    before = {line.digest: line.count for line in earlier}
    lines = [replace(line, before=before.get(line.digest, 0)) for line in lines]
    return [line for line in lines if line.count > line.before]


def _range(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _table(definition: IndexDefinition) -> QuerySet[LoggedSearch]:
    using = router.db_for_read(LoggedSearch)
    return LoggedSearch.objects.using(using).filter(
        connection=definition.using, index=definition.name
    )


def _best_of(
    definition: IndexDefinition, kind: Kind, days: Iterable[date], each: int
) -> dict[str, float]:
    """Return the searches that can be on a list: digest -> the highest possible value.

    On a day on which a search is not among the first, it has at most the value of the last of
    these.

    Args:
        each: how many searches of each day are read.
    """
    by = _BY[kind]
    found: dict[str, float] = {}
    floors = []
    for day in days:
        rows = _table(definition).filter(day=day, **{f"{by}__gt": 0}).exclude(digest=TOTAL)
        top = list(rows.order_by(f"-{by}").values_list("digest", by)[:each])
        floor = float(top[-1][1]) if len(top) == each else 0.0
        floors.append(floor)
        for name, value in top:
            if kind == "slow":
                found[name] = max(found.get(name, 0.0), value)
            else:
                found[name] = found.get(name, 0.0) + value - floor
    if kind == "slow":
        return {name: max(value, *floors) for name, value in found.items()}
    return {name: value + sum(floors) for name, value in found.items()}


def _lines(
    definition: IndexDefinition, digests: list[str], first: date, last: date
) -> list[SearchLine]:
    rows = _table(definition).filter(digest__in=digests, day__gte=first, day__lte=last)
    sums = rows.order_by().values("digest", "search", "words", "filters", "order")
    return [
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
            clicks=row["opened"],
            passed=row["above"],
        )
        for row in sums.annotate(
            typed=Max("spelling"),
            searches=Sum("count"),
            none=Sum("missed"),
            shown=Sum("promoted"),
            opened=Sum("clicks"),
            above=Sum("passed"),
            found=Max("hits"),
            time=Sum("milliseconds"),
            longest=Max("slowest"),
        )
    ]


def _value(kind: Kind, line: SearchLine) -> float:
    """Return the value by which a list is ordered, the highest first."""
    if kind == "rising":
        return line.count - line.before
    value: float = getattr(line, _BY[kind])
    return value


def _sorted(kind: Kind, lines: list[SearchLine]) -> list[SearchLine]:
    return sorted(lines, key=lambda line: (-_value(kind, line), line.words))


def _days(definition: IndexDefinition, first: date, last: date) -> tuple[DayLine, ...]:
    rows = _table(definition).filter(digest=TOTAL, day__gte=first, day__lte=last)
    found = {
        row.day: DayLine(row.day, row.count, row.missed, row.milliseconds / max(row.count, 1))
        for row in rows
    }
    return tuple(found.get(day, DayLine(day, 0, 0, 0.0)) for day in _range(first, last))


MOST_OPENED = 5
"""The number of results that are listed for a search."""


def read_opened(
    definition: IndexDefinition, report: SearchReport
) -> dict[str, tuple[OpenedLine, ...]]:
    """Return the digest of each search in a report -> its most often opened results."""
    names = [line.digest for line in report.lines if line.clicks]
    if not names:
        return {}
    rows = (
        OpenedResult.objects.using(router.db_for_read(OpenedResult))
        .filter(
            connection=definition.using,
            index=definition.name,
            digest__in=names,
            day__gte=report.first,
            day__lte=report.last,
        )
        .order_by()
        .values("digest", "key")
        .annotate(opened=Sum("clicks"), above=Sum("passed"))
    )
    found: defaultdict[str, list[OpenedLine]] = defaultdict(list)
    for row in rows:
        rank = 1 + row["above"] / max(row["opened"], 1)
        found[row["digest"]].append(OpenedLine(row["key"], row["opened"], rank))
    return {
        name: tuple(sorted(lines, key=lambda line: (-line.clicks, line.key))[:MOST_OPENED])
        for name, lines in found.items()
    }
