"""The operations of an index, and whether one of them is running."""

from datetime import datetime, timedelta

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from ..clock import clock_of, database_now
from ..indices.definition import IndexDefinition
from ..models import Operation
from ..said import Said
from .machine import exists, is_here

LEASE_SECONDS = 60
"""Longer than the time between two reports of progress, and than the clocks of servers differ."""

ABSENT = timedelta(minutes=10)
"""A process elsewhere that has given no sign of life for this long is considered killed."""


QUEUE_SECONDS = 60
"""How long an operation waits for a worker until one is reported as missing."""


def operations_of(definition: IndexDefinition) -> QuerySet[Operation]:
    """Return the operations of an index, the newest first."""
    return operations_in(definition.database).filter(
        connection=definition.using, index=definition.name
    )


def operations_in(using: str) -> QuerySet[Operation]:
    """Return the operations of a database, the newest first, each with the database's time."""
    return Operation.objects.using(using).annotate(now=Now())


def now_of(operation: Operation) -> datetime:
    """Return the time of the operation's database when the operation was read."""
    now: datetime | None = getattr(operation, "now", None)
    return now or database_now(operation._state.db or DEFAULT_DB_ALIAS)


def is_alive(operation: Operation) -> bool:
    """Return whether a process works on the operation now, or is going to."""
    if operation.state == Operation.State.QUEUED:
        return True
    if operation.state != Operation.State.RUNNING or operation.leased_until is None:
        return False
    if operation.leased_until < now_of(operation):
        return False
    # A process on this machine can be looked for. Any other counts as alive until its lease
    # expires.
    return not is_here(operation.host, operation.owner) or exists(operation.pid)


def is_dead(operation: Operation) -> bool:
    """Return whether the process of a started operation was killed.

    An expired lease alone does not prove that: the process may be in a long statement, and go on.
    """
    if operation.state != Operation.State.RUNNING or is_alive(operation):
        return False
    if is_here(operation.host, operation.owner) and not exists(operation.pid):
        return True
    sign = last_sign(operation)
    return sign is None or sign + ABSENT < now_of(operation)


def is_unattended(operation: Operation) -> bool:
    """Return whether an operation has been queued for so long that there may be no worker.

    A worker may still start it, but nothing waits for that.
    """
    if operation.state != Operation.State.QUEUED:
        return False
    # Operations that older code queued have no lease.
    until = operation.leased_until or operation.created_at + timedelta(seconds=QUEUE_SECONDS)
    return until < now_of(operation)


def last_sign(operation: Operation) -> datetime | None:
    """Return when the process of an operation that has not ended was last known to be alive."""
    if operation.leased_until is None or operation.state == Operation.State.QUEUED:
        return None
    return operation.leased_until - timedelta(seconds=LEASE_SECONDS)


def running_rebuild(definition: IndexDefinition) -> Operation | None:
    """Return the rebuild of the index that is running or about to start, or None."""
    found = operations_of(definition).filter(
        kind=Operation.Kind.REBUILD, state__in=[Operation.State.QUEUED, Operation.State.RUNNING]
    )
    return next((each for each in found if is_alive(each) and not is_unattended(each)), None)


def unattended_rebuilds(definition: IndexDefinition) -> list[Operation]:
    """Return the queued rebuilds of the index that no worker has started."""
    queued = operations_of(definition).filter(
        kind=Operation.Kind.REBUILD, state=Operation.State.QUEUED
    )
    return list(filter(is_unattended, queued))


def explain_running(operation: Operation) -> str:
    """Return a refusal that names the running operation, who started it, and when."""
    since = clock_of(now_of(operation)).here(operation.created_at)
    if timezone.is_aware(since):
        since = timezone.localtime(since)
    text = (
        _(
            "A rebuild of %(index)s that %(who)s requested at %(since)s waits for a worker of "
            "the background tasks: start a worker, or cancel that rebuild."
        )
        if operation.state == Operation.State.QUEUED
        else _(
            "The index %(index)s is being rebuilt by %(who)s on %(host)s, process %(pid)s, since "
            "%(since)s: wait until it has ended."
        )
    )
    values = {
        "index": operation.index,
        "who": operation.who,
        "host": operation.host,
        "pid": str(operation.pid),
        "since": f"{since:%Y-%m-%d %H:%M:%S}",
    }
    return Said(text, values)
