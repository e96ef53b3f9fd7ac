"""Promotions: what comes first for some words, and what never comes, by Elasticsearch itself.

The rows are kept by each process for ``STALE_SECONDS``; until then no search asks the database.
Where the database refuses, those that were read last hold on, and no search fails.
"""

import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import router, transaction
from django.db.models import Q
from django.db.models.signals import post_delete, post_save

from ...clock import today
from ...documents import Document
from ...models import Promotion
from ...normal import whole
from ..text.fields import Query
from ..text.words import Words, read_words

logger = logging.getLogger("django_es_admin.search")

STALE_SECONDS = 10.0
"""For how long a process keeps the rows that it has read."""
FIRST_SECONDS = 1.0
"""For how long a search waits at most while another one reads the rows for the first time."""
MOST_ROWS = 10_000
"""Rows that a process keeps."""
MOST_OBJECTS = 100
"""Objects that come first for the same words; and as many that never come."""

MARK = "django_es_admin promoted"
"""How the names of the queries begin that promoted hits match; each has another one."""
_BOOST = 1e30
"""Far above every score that words add up to, and far below the end of a float of four bytes."""


@dataclass(frozen=True)
class Promotions:
    """What holds for the words of one search.

    Args:
        first: keys of documents, in their order.
        never: keys of documents that are left out.
    """

    first: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.first or self.never)

    def apply(self, query: Query) -> Query:
        """Return a query whose best hits are these objects: what filters them is not in it."""
        if self.first:
            count = len(self.first)
            pinned = [
                {
                    "constant_score": {
                        "filter": {"ids": {"values": [key]}},
                        "boost": _BOOST * (count - rank),
                        "_name": f"{MARK} {rank}",
                    }
                }
                for rank, key in enumerate(self.first)
            ]
            # The best of them counts alone: the words an object has do not change its place.
            query = {"dis_max": {"queries": [query, *pinned]}}
        if self.never:
            without = {"ids": {"values": list(self.never)}}
            query = {"bool": {"must": [query], "must_not": [without]}}
        return query


NO_PROMOTIONS = Promotions()


def is_promoted(hit: Mapping[str, Any]) -> bool:
    """Whether a hit is among the results because of a promotion."""
    return any(name.startswith(MARK) for name in hit.get("matched_queries", ()))


def find_promotions(document: type[Document], search: str, words: Words) -> Promotions:
    """Return what holds for the words today; it raises nothing.

    Args:
        document: that is searched.
        search: name of the service.
        words: as they were read from what was typed.
    """
    rows = _kept.rows()
    if not rows or not words:
        return NO_PROMOTIONS
    django = document.django
    found = rows.get((django.using, django.index_name, whole(words.text)))
    if not found:
        return NO_PROMOTIONS
    day = today()
    holding = [row for row in found if row.search in ("", search) and row.holds_on(day)]
    return Promotions(
        _keys(row for row in holding if row.effect == Promotion.Effect.FIRST),
        _keys(row for row in holding if row.effect == Promotion.Effect.NEVER),
    )


def promoted_words(document: type[Document], search: str) -> tuple[str, ...]:
    """Return the words for which something holds today."""
    place = (document.django.using, document.django.index_name)
    day = today()
    return tuple(
        found[0].words
        for (using, index, _words), found in _kept.rows().items()
        if (using, index) == place
        and any(row.search in ("", search) and row.holds_on(day) for row in found)
    )


def _keys(rows: Iterable[Promotion]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.key for row in rows))[:MOST_OBJECTS]


_Rows = Mapping[tuple[str, str, str], list[Promotion]]


class _Kept:
    """The rows that this process has read."""

    def __init__(self) -> None:
        self._rows: _Rows | None = None
        self._until = 0.0
        self._reading = threading.Lock()
        self._changes = 0

    def rows(self) -> _Rows:
        """Return the rows, by connection, index and words; read them again if they are old."""
        if time.monotonic() < self._until:
            return self._rows or {}
        # One search reads; the others go by what was read before.
        patience = FIRST_SECONDS if self._rows is None else 0.0
        if self._reading.acquire(timeout=patience):
            try:
                if time.monotonic() >= self._until:
                    self._read()
            finally:
                self._reading.release()
        return self._rows or {}

    def forget(self, **kwargs: Any) -> None:
        """Let the next search read the rows."""
        self._changes += 1
        self._until = 0.0

    def _read(self) -> None:
        changes = self._changes
        try:
            self._rows = _read_rows()
        except Exception as error:  # noqa: BLE001 (no search fails)
            # A database that is gone, a table that is missing, a query that is forbidden here: a
            # search needs none of them.
            logger.warning(
                "Promotions cannot be read: %s. Run `manage.py migrate` if the table is missing.",
                type(error).__name__,
            )
        # What was changed while they were read may not be among them.
        if changes == self._changes:
            self._until = time.monotonic() + STALE_SECONDS


_kept = _Kept()


def _read_rows() -> _Rows:
    using = router.db_for_read(Promotion)
    current = Q(ends=None) | Q(ends__gte=today())
    rows: dict[tuple[str, str, str], list[Promotion]] = {}
    # In a transaction of the project, what fails must not spoil the rest of it.
    with transaction.atomic(using=using):
        for row in Promotion.objects.using(using).filter(current)[:MOST_ROWS]:
            place = (row.connection, row.index, whole(read_words(row.words).text))
            rows.setdefault(place, []).append(row)
    for each in rows.values():
        each.sort(key=lambda row: (row.position, row.pk))
    return rows


def forget_all(**kwargs: Any) -> None:
    """Let the next search of this process read the rows, now and after the commit of a change."""
    _kept.forget()
    if using := kwargs.get("using"):
        transaction.on_commit(_kept.forget, using=using, robust=True)


def connect() -> None:
    """Listen to changes of the rows: those of this process count at once."""
    uid = "django_es_admin.search.site.promotions"
    for signal in (post_save, post_delete):
        signal.connect(forget_all, sender=Promotion, dispatch_uid=uid)
