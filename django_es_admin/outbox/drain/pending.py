"""Drain a set of rows once, even if they are claimed or not due yet."""

from collections.abc import Callable, Iterator

from django.db.models import Max, Q, QuerySet

from ...conf import get_options
from ...indices.definition import IndexDefinition
from ...models import OutboxEntry
from ..rows.claim import claim, waiting
from .batch import BatchDrain, DrainResult, Stopped

Rows = Callable[[QuerySet[OutboxEntry]], QuerySet[OutboxEntry]]


def drain_rows(
    using: str,
    choose: Rows,
    on_portion: Callable[[], None] = lambda: None,
    *,
    refresh: bool | str | None = None,
    needs: int | None = None,
) -> Iterator[DrainResult]:
    """Drain the chosen rows of one database, each of them once.

    A row that fails is not tried again in the same run. The other rows of an index that was stopped
    are skipped.

    Args:
        choose: filters the rows.
        on_portion: called while the objects of one row are written, which may take minutes.
        refresh: whether to make the documents searchable immediately; None to use the setting of
            each document.
        needs: see :class:`~.write.Writer`.
    """
    timeout = get_options().write_timeout
    drain = BatchDrain(using, timeout, needs=needs, on_portion=on_portion, refresh=refresh)
    after, avoided = 0, Q()
    while True:
        rows = choose(waiting(using)).filter(pk__gt=after).exclude(avoided)
        entries = claim(using, [rows.order_by("pk")], get_options().bulk_max_documents)
        if not entries:
            return
        after = entries[-1].pk
        result = drain.drain(entries)
        avoided |= rows_of(result.stopped)
        yield result


def has_changes(definition: IndexDefinition) -> bool:
    """Return whether any change of an index waits or is parked. Second deletes do not count."""
    return _rows(definition).filter(delete_sent=False).exists()


def last_row(definition: IndexDefinition) -> int:
    """Return the greatest id of the rows of an index; 0 if there are none."""
    return _rows(definition).aggregate(last=Max("pk"))["last"] or 0


def pending(definition: IndexDefinition, until: int) -> QuerySet[OutboxEntry]:
    """Return the rows of an index up to an id, except parked rows."""
    return _rows(definition).filter(pk__lte=until, parked_at__isnull=True)


def second_deletes(definition: IndexDefinition, until: int) -> QuerySet[OutboxEntry]:
    """Return the rows up to an id whose delete was already sent once."""
    return pending(definition, until).filter(delete_sent=True)


def drain_pending(
    definition: IndexDefinition,
    until: int,
    *,
    after: int = 0,
    needs: int | None = None,
    on_portion: Callable[[], None] = lambda: None,
) -> Iterator[DrainResult]:
    """Drain the rows of an index in a range of ids, each of them once.

    Args:
        needs: see :class:`~.write.Writer`. on_portion: called while the objects of one row are
            written, which may take minutes.

    Raises:
        ElasticsearchAdminError: a request failed as a whole; its rows are as they were.
    """
    for result in drain_rows(
        definition.database,
        lambda rows: rows.filter(connection=definition.using, index=definition.name, pk__lte=until),
        on_portion,
        needs=needs,
    ):
        for stopped in result.stopped:
            raise stopped.error
        yield result


def rows_of(stopped: tuple[Stopped, ...]) -> Q:
    """Return a condition for the rows that would be stopped again."""
    rows = Q()
    for stop in stopped:
        rows |= (
            Q(connection=stop.connection)
            if stop.everywhere
            else Q(connection=stop.connection, index=stop.index)
        )
    return rows


def _rows(definition: IndexDefinition) -> QuerySet[OutboxEntry]:
    return OutboxEntry.objects.using(definition.database).filter(
        connection=definition.using, index=definition.name
    )
