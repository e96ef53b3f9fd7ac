"""The tick: a number that only grows, used as the external version of every write."""

from datetime import UTC, datetime
from typing import Any

from django.db import connections, models, transaction
from django.db.models import F, Func
from django.db.models.functions import Greatest

from ...backends.transport.deadline import current_deadline
from ...conf import get_options
from ...exceptions import DrainInTransaction
from ...models import Tick
from ...statement import Slot, Statement

_ROW = 1
# A tick is the database's clock in milliseconds, times this number: room for a thousand ticks per
# millisecond, and far above the versions that Elasticsearch counts by itself.
_PER_MILLISECOND = 1024

_POSTGRESQL_CLOCK = (
    f"(CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS bigint) * {_PER_MILLISECOND})"
)
# Does what `lazily_committed` does, as a condition in a transaction's only statement.
LAZILY_COMMITTED = "(SELECT set_config('synchronous_commit', 'off', true)) = 'off'"
_NEXT = (
    f"UPDATE {Tick._meta.db_table} SET value = GREATEST(value + 1, {_POSTGRESQL_CLOCK}) "  # noqa: S608 (constants)
    f"WHERE id = {_ROW} AND {LAZILY_COMMITTED} RETURNING value"
)
_NEXT_IN_TIME = _NEXT.replace(
    "RETURNING", "AND (SELECT set_config('lock_timeout', %s, true)) <> '' RETURNING"
)


class _ClockTick(Func):
    """The database's clock as a tick, because the clocks of the servers may differ."""

    output_field = models.BigIntegerField()
    arity = 0

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        milliseconds = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
        return f"({milliseconds} * {_PER_MILLISECOND})", []

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return _POSTGRESQL_CLOCK, []

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        milliseconds = "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"
        return f"({milliseconds} * {_PER_MILLISECOND})", []


def written_at(version: int) -> datetime | None:
    """Return when a document with this version was written; None if the version is not a tick.

    Args:
        version: the version of a document in the index.
    """
    # Elasticsearch's own counter of writes does not get so high, and a tick after the year 5000 is
    # not a time.
    if not _PER_MILLISECOND * 10**12 <= version < _PER_MILLISECOND * 10**14:
        return None
    return datetime.fromtimestamp(version / _PER_MILLISECOND / 1000, tz=UTC)


def take_tick(using: str) -> int:
    """Return a committed tick that is greater than all earlier ones.

    Take the tick *before* reading the objects that are written with it. A process that reads later
    has a greater tick, and its write wins.

    Args:
        using: alias of the database that the objects are read from.

    Raises:
        DrainInTransaction: a transaction is open, whose reads could be older than the tick.
    """
    try:
        tick = _next_tick(using)
    except RuntimeError as error:
        if not connections[using].in_atomic_block:
            raise
        raise DrainInTransaction(f"{error} {DrainInTransaction()}") from error
    if tick is None:
        Tick.objects.using(using).get_or_create(pk=_ROW, defaults={"value": 0})
        tick = _next_tick(using)
    assert tick is not None  # noqa: S101 (there is a row now)
    return tick


def _next_tick(using: str) -> int | None:
    """Return the next tick; None if the row does not exist yet.

    With a deadline, PostgreSQL waits for the lock of the row no longer than that.
    """
    # durable: Django refuses this inside a transaction, except that of a TestCase.
    if connections[using].vendor == "postgresql":
        with transaction.atomic(using=using, durable=True):
            pass  # Nothing to do: a single statement is a transaction by itself, and faster.
        deadline = current_deadline()
        rows = (
            Statement(using, _NEXT).run()
            if deadline is None
            else Statement(using, _NEXT_IN_TIME, (Slot("wait"),)).run(
                wait=f"{int(deadline.remaining * 1_000)}ms"
            )
        )
        return rows[0][0] if rows else None
    with transaction.atomic(using=using, durable=True):
        ticks = Tick.objects.using(using).filter(pk=_ROW)
        ticks.update(value=Greatest(F("value") + 1, _ClockTick()))
        return ticks.values_list("value", flat=True).first()


def wrote_within(using: str, seconds: int) -> bool:
    """Return whether any document may have been written in the last ``seconds``."""
    since = _ClockTick() - seconds * 1_000 * _PER_MILLISECOND
    return Tick.objects.using(using).filter(pk=_ROW, value__gte=since).exists()


def highest_credible(using: str) -> int:
    """Return the highest version that can come from a clock that has been set back since."""
    ahead = int(get_options().max_version_ahead * 1_000 * _PER_MILLISECOND)
    rows = Tick.objects.using(using).annotate(now=_ClockTick()).filter(pk=_ROW)
    return int(rows.values_list("now", flat=True)[0]) + ahead


def raise_tick(using: str, version: int) -> bool:
    """Raise the counter to ``version``; return whether it was lower."""
    with transaction.atomic(using=using, durable=True):
        return bool(
            Tick.objects.using(using).filter(pk=_ROW, value__lt=version).update(value=version)
        )


def lazily_committed(using: str) -> None:
    """Do not wait for the disk when this transaction commits, if the database allows that.

    Use it for writes that may be lost in a crash of the database server: a tick (the clock is past
    it when the server is back), and the removal of a row (it is drained again).
    """
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")
