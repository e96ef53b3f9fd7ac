"""Write a batch of searches: a row for each day and search, and one for the whole day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import router, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from ...clock import today
from ...conf import SearchLog, get_options
from ...models import LoggedSearch, OpenedResult
from ...normal import MOST_CHARACTERS
from ...search.searched import Searched
from .clicks import Clicked
from .place import SearchKey, place_of

TOTAL = ""
"""The digest of the row for a whole day."""
LONGEST_KEY = OpenedResult._meta.get_field("key").max_length or 0
ROWS_AT_ONCE = 200
"""The maximum number of rows in one transaction."""

_ADDED = ("count", "missed", "promoted", "milliseconds", "clicks", "passed")

_pruned: dict[str, date] = {}


@dataclass
class _Sum:
    """The amounts that are added to one row."""

    day: date
    connection: str
    index: str
    place: SearchKey | None = None
    spelling: str = ""
    count: int = 0
    missed: int = 0
    promoted: int = 0
    hits: int = 0
    milliseconds: float = 0.0
    slowest: float = 0.0
    clicks: int = 0
    passed: int = 0

    @property
    def digest(self) -> str:
        return self.place.digest if self.place else TOTAL

    def add(self, one: Searched | Clicked) -> None:
        if isinstance(one, Clicked):
            self.clicks += 1
            self.passed += one.rank - 1
            return
        self.count += 1
        self.missed += not one.hits
        self.promoted += one.promoted
        self.hits = one.hits
        self.milliseconds += one.milliseconds
        self.slowest = max(self.slowest, one.milliseconds)


def write(batch: Iterable[Searched | Clicked]) -> None:
    """Add searches and clicks to the log, masked.

    Raises:
        Error: the database failed.
    """
    log = get_options().log_of_searches
    if log is None:
        return
    using = router.db_for_write(LoggedSearch)
    batch = list(batch)
    sums = _sums(batch, log)
    for start in range(0, len(sums), ROWS_AT_ONCE):
        _add(using, sums[start : start + ROWS_AT_ONCE])
    opened = _opened(batch)
    for start in range(0, len(opened), ROWS_AT_ONCE):
        _add_opened(using, opened[start : start + ROWS_AT_ONCE])
    _prune(using, log)


def _sums(batch: Iterable[Searched | Clicked], log: SearchLog) -> list[_Sum]:
    day = today()
    sums: dict[tuple[str, str, str], _Sum] = {}
    for one in batch:
        # The searches of clicks are already masked.
        place = one.place if isinstance(one, Clicked) else place_of(one, log)
        if place is None:
            continue
        own = _Sum(day, one.connection, one.index, place)
        for row in (own, _Sum(day, one.connection, one.index)):
            # All processes lock the rows in this order, so that there is no deadlock.
            kept = sums.setdefault((row.connection, row.index, row.digest), row)
            kept.add(one)
        if place.spelling:
            sums[own.connection, own.index, own.digest].spelling = place.spelling
    return [sums[name] for name in sorted(sums)]


def _add(using: str, sums: list[_Sum]) -> None:
    """Add missing rows, then add to each row: other processes may add at the same time."""
    table = LoggedSearch.objects.using(using)
    with transaction.atomic(using=using):
        table.bulk_create(
            [
                LoggedSearch(
                    day=one.day,
                    connection=one.connection,
                    index=one.index,
                    digest=one.digest,
                    search=one.place.search,
                    words=one.place.words,
                    spelling=one.spelling or one.place.words,
                    filters=one.place.filters[:MOST_CHARACTERS],
                    order=one.place.order,
                )
                if one.place
                else LoggedSearch(day=one.day, connection=one.connection, index=one.index)
                for one in sums
            ],
            ignore_conflicts=True,
        )
        for one in sums:
            changed: dict[str, Any] = {
                name: F(name) + value for name in _ADDED if (value := getattr(one, name))
            }
            if one.count:
                changed |= {
                    "hits": one.hits,
                    "slowest": Greatest(F("slowest"), Value(one.slowest)),
                    "spelling": one.spelling,
                }
            table.filter(
                day=one.day, connection=one.connection, index=one.index, digest=one.digest
            ).update(**changed)


def _opened(batch: Iterable[Searched | Clicked]) -> list[OpenedResult]:
    """Return the rows of opened results, in an order that is the same in all processes."""
    day = today()
    rows: dict[tuple[str, str, str, str], OpenedResult] = {}
    for one in batch:
        if isinstance(one, Clicked):
            name = (one.connection, one.index, one.place.digest, one.key)
            new = OpenedResult(
                day=day, connection=one.connection, index=one.index, digest=name[2], key=one.key
            )
            row = rows.setdefault(name, new)
            row.clicks += 1
            row.passed += one.rank - 1
    return [rows[name] for name in sorted(rows) if len(name[3]) <= LONGEST_KEY]


def _add_opened(using: str, rows: list[OpenedResult]) -> None:
    table = OpenedResult.objects.using(using)
    names = ("day", "connection", "index", "digest", "key")
    with transaction.atomic(using=using):
        made = [{name: getattr(row, name) for name in names} for row in rows]
        table.bulk_create([OpenedResult(**one) for one in made], ignore_conflicts=True)
        for row, one in zip(rows, made, strict=True):
            table.filter(**one).update(
                clicks=F("clicks") + row.clicks, passed=F("passed") + row.passed
            )


def _prune(using: str, log: SearchLog) -> None:
    """Delete rows that are older than the retention, once a day in each process."""
    day = today()
    if _pruned.get(using) != day:
        _pruned[using] = day
        oldest = day - timedelta(days=log.retention)
        for model in (LoggedSearch, OpenedResult):
            model.objects.using(using).filter(day__lt=oldest).delete()
