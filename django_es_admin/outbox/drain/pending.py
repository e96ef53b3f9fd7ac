"""Handle a set of rows once, whatever back-off or claim they have."""

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
    """Handle the rows of one database that are to be handled, each of them once.

    What fails now is not tried again in the same run; what stopped is left alone.

    Args:
        choose: narrows the rows down.
        on_portion: called while the objects of one row are written, which may take minutes.
        refresh: make the documents searchable at once; None to do as each document says.
        needs: as of :class:`~.write.Writer`.
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
    """Whether any change of an index waits, or is parked; second deletes change nothing."""
    return _rows(definition).filter(delete_sent=False).exists()


def last_row(definition: IndexDefinition) -> int:
    """Return the greatest number of a row of an index now; 0 without any."""
    return _rows(definition).aggregate(last=Max("pk"))["last"] or 0


def pending(definition: IndexDefinition, until: int) -> QuerySet[OutboxEntry]:
    """Return the rows of an index, up to that number, that are not parked."""
    return _rows(definition).filter(pk__lte=until, parked_at__isnull=True)


def second_deletes(definition: IndexDefinition, until: int) -> QuerySet[OutboxEntry]:
    """Return those whose delete was sent once."""
    return pending(definition, until).filter(delete_sent=True)


def drain_pending(
    definition: IndexDefinition,
    until: int,
    *,
    after: int = 0,
    needs: int | None = None,
    on_portion: Callable[[], None] = lambda: None,
) -> Iterator[DrainResult]:
    """Handle the rows of an index beyond one number and up to another, each of them once.

    Args:
        needs: as of :class:`~.write.Writer`.
        on_portion: called while the objects of one row are written, which may take minutes.

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
    """Return the rows that would be stopped again."""
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
