"""Apply promotions: Elasticsearch puts objects first for some words, or leaves them out.

Each process keeps the rows for ``STALE_SECONDS``, so most searches do not ask the database. If the
database fails, the last rows are used, and no search fails.
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
"""For how many seconds a process keeps the rows it has read."""
FIRST_SECONDS = 1.0
"""How long a search waits while another one reads the rows for the first time."""
MOST_ROWS = 10_000
"""The maximum number of rows that a process keeps."""
MOST_OBJECTS = 100
"""The maximum number of objects that come first for the same words, or are left out."""

MARK = "django_es_admin promoted"
"""The prefix of the names of the queries for promoted hits; each has its own name."""
_BOOST = 1e30
"""Far above any sum of scores of words, and far below the greatest 32-bit float."""


@dataclass(frozen=True)
class Promotions:
    """The promotions for the words of one search.

    Args:
        first: the keys of the documents that come first, in order.
        never: the keys of the documents that are left out.
    """

    first: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.first or self.never)

    def apply(self, query: Query) -> Query:
        """Return a query in which these objects come first. The query's own filters still apply."""
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
            # Only the best score counts, so the words of an object do not change its place.
            query = {"dis_max": {"queries": [query, *pinned]}}
        if self.never:
            without = {"ids": {"values": list(self.never)}}
            query = {"bool": {"must": [query], "must_not": [without]}}
        return query


NO_PROMOTIONS = Promotions()


def is_promoted(hit: Mapping[str, Any]) -> bool:
    """Return whether a hit is in the results because of a promotion."""
    return any(name.startswith(MARK) for name in hit.get("matched_queries", ()))


def find_promotions(document: type[Document], search: str, words: Words) -> Promotions:
    """Return today's promotions for the words. It does not raise.

    Args:
        document: the document that is searched.
        search: the name of the service.
        words: the words of the search.
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
    """Return the words that have promotions today."""
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
        """Return the rows, by connection, index and words. Read them again if they are old."""
        if time.monotonic() < self._until:
            return self._rows or {}
        # One search reads the rows; the others use the old ones.
        patience = FIRST_SECONDS if self._rows is None else 0.0
        if self._reading.acquire(timeout=patience):
            try:
                if time.monotonic() >= self._until:
                    self._read()
            finally:
                self._reading.release()
        return self._rows or {}

    def forget(self, **kwargs: Any) -> None:
        """Let the next search read the rows again."""
        self._changes += 1
        self._until = 0.0

    def _read(self) -> None:
        changes = self._changes
        try:
            self._rows = _read_rows()
        except Exception as error:  # noqa: BLE001 (no search fails)
            # The database may not answer, the table may be missing, or the query may be forbidden
            # here. The search must work anyway.
            logger.warning(
                "Promotions cannot be read: %s. Run `manage.py migrate` if the table is missing.",
                type(error).__name__,
            )
        # Changes that were made in the meantime may be missing.
        if changes == self._changes:
            self._until = time.monotonic() + STALE_SECONDS


_kept = _Kept()


def _read_rows() -> _Rows:
    using = router.db_for_read(Promotion)
    current = Q(ends=None) | Q(ends__gte=today())
    rows: dict[tuple[str, str, str], list[Promotion]] = {}
    # An error must not break a transaction of the project.
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
    """Connect to the signals of the rows, so that changes in this process apply immediately."""
    uid = "django_es_admin.search.site.promotions"
    for signal in (post_save, post_delete):
        signal.connect(forget_all, sender=Promotion, dispatch_uid=uid)
