"""Write a batch of searches: a row for each day and search, and one for the day as a whole."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import router, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.module_loading import import_string

from ...clock import today
from ...conf import SearchLog, get_options
from ...models import LoggedSearch
from ...normal import MOST_CHARACTERS, normalise, printable
from ...search.searched import Searched
from .normal import digest, filters_text

TOTAL = ""
"""The digest of the row for a day as a whole."""
ROWS_AT_ONCE = 200
"""Rows of one transaction."""

_pruned: dict[str, date] = {}


@dataclass
class _Sum:
    """What is added to one row."""

    day: date
    connection: str
    index: str
    digest: str = TOTAL
    search: str = ""
    words: str = ""
    spelling: str = ""
    filters: str = ""
    order: str = ""
    count: int = 0
    missed: int = 0
    promoted: int = 0
    hits: int = 0
    milliseconds: float = 0.0
    slowest: float = 0.0
    place: tuple[object, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.place = (self.day, self.connection, self.index, self.digest)

    def add(self, one: Searched) -> None:
        self.count += 1
        self.missed += not one.hits
        self.promoted += one.promoted
        self.hits = one.hits
        self.milliseconds += one.milliseconds
        self.slowest = max(self.slowest, one.milliseconds)


def write(batch: Iterable[Searched]) -> None:
    """Add searches to the log, masked.

    Raises:
        Error: of the database.
    """
    log = get_options().log_of_searches
    if log is None:
        return
    using = router.db_for_write(LoggedSearch)
    sums = list(_sums(batch, log).values())
    for start in range(0, len(sums), ROWS_AT_ONCE):
        _add(using, sums[start : start + ROWS_AT_ONCE])
    _prune(using, log)


def _sums(batch: Iterable[Searched], log: SearchLog) -> dict[tuple[object, ...], _Sum]:
    mask = import_string(log.mask)
    day = today()
    sums: dict[tuple[object, ...], _Sum] = {}
    for one in batch:
        text, filters = mask(printable(one.text)), filters_text(one.filters)
        masked = mask(filters) if filters else ""
        if text is None or masked is None:
            continue
        words = normalise(text)
        if not words:
            continue
        name = digest(one.search, words, masked, one.order)
        own = _Sum(
            day,
            one.connection,
            one.index,
            name,
            one.search,
            words,
            printable(text)[:MOST_CHARACTERS],
            masked[:MOST_CHARACTERS],
            one.order,
        )
        for row in (own, _Sum(day, one.connection, one.index)):
            kept = sums.setdefault(row.place, row)
            kept.add(one)
            kept.spelling = row.spelling
    return sums


def _add(using: str, sums: list[_Sum]) -> None:
    """Make the rows that are missing, then add to each: others may add at the same time."""
    table = LoggedSearch.objects.using(using)
    # Everybody takes the rows in the same order, so that nobody waits in a circle.
    sums = sorted(sums, key=lambda one: str(one.place))
    with transaction.atomic(using=using):
        table.bulk_create(
            [
                LoggedSearch(
                    day=one.day,
                    connection=one.connection,
                    index=one.index,
                    digest=one.digest,
                    search=one.search,
                    words=one.words,
                    spelling=one.spelling,
                    filters=one.filters,
                    order=one.order,
                )
                for one in sums
            ],
            ignore_conflicts=True,
        )
        for one in sums:
            table.filter(
                day=one.day, connection=one.connection, index=one.index, digest=one.digest
            ).update(
                count=F("count") + one.count,
                missed=F("missed") + one.missed,
                promoted=F("promoted") + one.promoted,
                hits=one.hits,
                milliseconds=F("milliseconds") + one.milliseconds,
                slowest=Greatest(F("slowest"), Value(one.slowest)),
                spelling=one.spelling,
            )


def _prune(using: str, log: SearchLog) -> None:
    """Delete what is older than the retention, once a day of a process."""
    day = today()
    if _pruned.get(using) != day:
        _pruned[using] = day
        oldest = day - timedelta(days=log.retention)
        LoggedSearch.objects.using(using).filter(day__lt=oldest).delete()
