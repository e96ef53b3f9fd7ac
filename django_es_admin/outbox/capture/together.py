"""Drain at once what a block of code records in the outbox, in any number of transactions."""

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
    """The changes of some objects that are not in the index.

    Args:
        refused: key -> why Elasticsearch, or the project's own code, refused the object.
        waiting: objects whose changes wait.
        reasons: why their changes wait, as far as this is known.
    """

    refused: dict[str, str]
    waiting: int
    reasons: tuple[str, ...]


@dataclass
class Together:
    """What a block of code records in the outbox.

    Args:
        using: alias of the database.
        after: the id of the last row before the block.
        result: the result of the drain; None before the drain, or if workers drain the rows.
    """

    using: str
    after: int
    result: DrainResult | None = None

    def drain(self, *, refresh: bool | str | None = None) -> None:
        """Drain the rows that were recorded since the block began, and no earlier rows.

        Args:
            refresh: make the documents searchable at once; None to do as each document says.
        """
        self.result = DrainResult()
        since = lambda rows: rows.filter(pk__gt=self.after)  # noqa: E731 (shorter so)
        for done in drain_rows(self.using, since, refresh=refresh):
            self.result += done
        flush()

    def left(self, model: Model, keys: Iterable[object]) -> Left:
        """Return which changes of some objects are not in the index.

        Rows that are left to workers do not count as waiting.

        Args:
            keys: the keys of the objects of ``model`` that the block changed.
        """
        given = list(keys)
        # Deleted objects are no longer in the table.
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

        It is never called if the project commits by itself, because then the time is unknown.
        """
        connection = connections[self.using]
        if connection.in_atomic_block or connection.get_autocommit():
            transaction.on_commit(tell, using=self.using, robust=True)


def from_now_on(using: str) -> Together:
    """Return a ``Together`` that drains the rows recorded from now on.

    Args:
        using: alias of the database.
    """
    last = OutboxEntry.objects.using(using).aggregate(last=Max("pk"))["last"] or 0
    return Together(using, last)


@contextmanager
def together(using: str) -> Iterator[Together]:
    """Drain what the block records in the outbox when it ends, unless workers drain it.

    Without this, each transaction of the block would be drained separately, with its own request.

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
    """Return the outbox rows that refer to objects of ``model``."""
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
