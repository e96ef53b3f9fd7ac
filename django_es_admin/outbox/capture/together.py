"""Drain what a piece of code leaves in the outbox at once, however many transactions it makes."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections, transaction
from django.db.models import Max, Q

from ...conf import get_options
from ...models import OutboxEntry
from ..drain.batch import DrainResult
from ..drain.pending import drain_rows
from ..drain.statistics import flush
from ..drainers.inline import suspended
from .stored_keys import key_text, row_keys
from .watch import Model, noted_by_triggers, watched


@dataclass(frozen=True)
class Left:
    """What of some changes is not in the index.

    Args:
        refused: key -> why Elasticsearch, or the project's own code, refused the object.
        waiting: objects whose changes wait.
        reasons: why they do, as far as it is known.
    """

    refused: dict[str, str]
    waiting: int
    reasons: tuple[str, ...]


@dataclass
class Together:
    """What a block of code notes in the outbox.

    Args:
        using: alias of the database.
        after: number of the last row before the block.
        result: what its drain did; None before that, and where it is left to workers.
    """

    using: str
    after: int
    result: DrainResult | None = None

    def drain(self, *, refresh: bool | str | None = None) -> None:
        """Write what was recorded since the block began, and no row of before.

        Args:
            refresh: make the documents searchable at once; None to do as each document says.
        """
        self.result = DrainResult()
        since = lambda rows: rows.filter(pk__gt=self.after)  # noqa: E731 (shorter so)
        for done in drain_rows(self.using, since, refresh=refresh):
            self.result += done
        flush()

    def left(self, model: Model, keys: Iterable[object]) -> Left:
        """Return what of the changes of some objects is not in the index.

        Nothing waits where it is left to workers anyway.

        Args:
            keys: of the objects of ``model`` that the block changed.
        """
        given = list(keys)
        # Those that were deleted have no row any more.
        changed = {key_text(model, key) for key in given}
        changed.update(row_keys(model, given, self.using))
        rows = (
            OutboxEntry.objects.using(self.using)
            .filter(_rows_of(model))
            .filter(Q(attempts__gt=0) | Q(pk__gt=self.after, delete_sent=False))
            .order_by("pk")
            .values_list("key", "attempts", "error")
        )
        refused: dict[str, str] = {}
        waiting: set[str] = set()
        for key, attempts, error in rows.iterator():
            if key in changed and attempts:
                refused[key] = error
            elif key in changed and self.result is not None:
                waiting.add(key)
        stopped = self.result.stopped if self.result else ()
        reasons = dict.fromkeys(str(stop.error) for stop in stopped)
        return Left(refused, len(waiting), tuple(reasons) if waiting else ())

    def when_written(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` after the drain: now, or after the commit if a transaction is open.

        Never in manual transaction mode, where the time of the commit is unknown.
        """
        connection = connections[self.using]
        if connection.in_atomic_block or connection.get_autocommit():
            transaction.on_commit(tell, using=self.using, robust=True)


def from_now_on(using: str) -> Together:
    """Return what drains the rows that are recorded after this moment.

    Args:
        using: alias of the database.
    """
    last = OutboxEntry.objects.using(using).aggregate(last=Max("pk"))["last"] or 0
    return Together(using, last)


@contextmanager
def together(using: str) -> Iterator[Together]:
    """Write what the block notes in the outbox right after it, unless it is left to workers.

    Otherwise each of its transactions would be drained separately, with a request for each.

    Args:
        using: alias of the database.
    """
    noted = from_now_on(using)
    try:
        with suspended(using):
            yield noted
    finally:
        if get_options().sync == "inline":
            noted.when_written(noted.drain)


def _rows_of(model: Model) -> Q:
    """Return the rows that refer to objects of ``model``."""
    concerned, noted = watched(model), noted_by_triggers(model)
    found = Q(pk__in=[])
    for document in (*concerned.own, *noted.own):
        options = document.django
        found |= Q(kind=OutboxEntry.Kind.OBJECT, connection=options.using, index=options.index_name)
    for document, related in (*concerned.related, *noted.related):
        options = document.django
        found |= Q(
            kind=OutboxEntry.Kind.RELATED,
            connection=options.using,
            index=options.index_name,
            model=related._meta.label,
        )
    return found
