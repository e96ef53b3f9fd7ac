"""The operations of an index: past ones, and whether one is running."""

import os
import socket
from datetime import datetime, timedelta
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from ..clock import clock_of, database_now
from ..conf import get_options
from ..indices.definition import IndexDefinition
from ..models import Operation

LEASE_SECONDS = 60
"""Longer than anything between two signs of progress, and than clocks of servers differ."""


QUEUE_SECONDS = 60
"""For how long an operation waits for a worker of the background tasks before one is missed."""


def operations_of(definition: IndexDefinition) -> QuerySet[Operation]:
    """Return the operations of an index, the newest first."""
    return operations_in(definition.database).filter(
        connection=definition.using, index=definition.name
    )


def operations_in(using: str) -> QuerySet[Operation]:
    """Return the operations of a database, the newest first, each with the database's time."""
    return Operation.objects.using(using).annotate(now=Now())


def now_of(operation: Operation) -> datetime:
    """Return the time of the operation's database, as it was when the operation was read."""
    now: datetime | None = getattr(operation, "now", None)
    return now or database_now(operation._state.db or DEFAULT_DB_ALIAS)


def is_alive(operation: Operation) -> bool:
    """Whether some process works on the operation now, or is going to."""
    if operation.state == Operation.State.QUEUED:
        return True
    if operation.state != Operation.State.RUNNING or operation.leased_until is None:
        return False
    if operation.leased_until < now_of(operation):
        return False
    # A process of this machine can be looked for; one elsewhere is alive until its lease ends.
    return operation.host != socket.gethostname() or _exists(operation.pid)


def is_unattended(operation: Operation) -> bool:
    """Whether no worker has begun a queued operation for so long that there may be none.

    One may still begin it, but nothing waits for that.
    """
    if operation.state != Operation.State.QUEUED:
        return False
    # Those that older code queued have no lease.
    until = operation.leased_until or operation.created_at + timedelta(seconds=QUEUE_SECONDS)
    return until < now_of(operation)


def last_sign(operation: Operation) -> datetime | None:
    """Return when the process of an operation that is not ended was last heard of."""
    if operation.leased_until is None or operation.state == Operation.State.QUEUED:
        return None
    return operation.leased_until - timedelta(seconds=LEASE_SECONDS)


def _exists(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Whether a process has ended, and nobody asked how: in containers, often nobody does."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    # The name of a program, in brackets, may hold anything.
    return stat.rpartition(")")[2].split()[:1] == ["Z"]


def running_rebuild(definition: IndexDefinition) -> Operation | None:
    """Return the rebuild of the index that runs, or that a worker is about to begin; or None."""
    found = operations_of(definition).filter(
        kind=Operation.Kind.REBUILD, state__in=[Operation.State.QUEUED, Operation.State.RUNNING]
    )
    return next((each for each in found if is_alive(each) and not is_unattended(each)), None)


def unattended_rebuilds(definition: IndexDefinition) -> list[Operation]:
    """Return the queued rebuilds of the index that no worker has begun."""
    queued = operations_of(definition).filter(
        kind=Operation.Kind.REBUILD, state=Operation.State.QUEUED
    )
    return list(filter(is_unattended, queued))


def forget_ended(definition: IndexDefinition) -> None:
    """Delete the records of what ended longer ago than ``OPERATION_RETENTION``, but for the last.

    The last one is what the pages show of an index that nobody has touched for long.
    """
    ended = operations_of(definition).filter(ended_at__isnull=False)
    last = ended.values_list("pk", flat=True).first()
    old = database_now(definition.database) - timedelta(days=get_options().operation_retention)
    if last is not None:
        ended.filter(ended_at__lt=old).exclude(pk=last).delete()


def explain_running(operation: Operation) -> str:
    """Return who works on what since when, as a refusal."""
    since = clock_of(now_of(operation)).here(operation.created_at)
    if timezone.is_aware(since):
        since = timezone.localtime(since)
    text = (
        _(
            "A rebuild of %(index)s that %(who)s began at %(since)s waits for a worker of the "
            "background tasks: start one, or cancel that rebuild."
        )
        if operation.state == Operation.State.QUEUED
        else _(
            "The index %(index)s is being rebuilt by %(who)s on %(host)s, process %(pid)s, since "
            "%(since)s: wait until it has ended."
        )
    )
    return text % {
        "index": operation.index,
        "who": operation.who,
        "host": operation.host,
        "pid": operation.pid,
        "since": f"{since:%Y-%m-%d %H:%M:%S}",
    }
