"""The operations of an index: past ones, and whether one is running."""

import os
import socket
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ..conf import get_options
from ..indices.definition import IndexDefinition
from ..models import Operation

LEASE_SECONDS = 60
"""Longer than anything between two signs of progress, and than clocks of servers differ."""


def operations_of(definition: IndexDefinition) -> QuerySet[Operation]:
    """Return the operations of an index, the newest first."""
    return Operation.objects.using(definition.database).filter(
        connection=definition.using, index=definition.name
    )


def is_alive(operation: Operation) -> bool:
    """Whether some process works on the operation now, or is going to."""
    if operation.state == Operation.State.QUEUED:
        return True
    if operation.state != Operation.State.RUNNING or operation.leased_until is None:
        return False
    if operation.leased_until < timezone.now():
        return False
    # A process of this machine can be looked for; one elsewhere is alive until its lease ends.
    return operation.host != socket.gethostname() or _exists(operation.pid)


def last_sign(operation: Operation) -> datetime | None:
    """Return when the process of an operation that is not ended was last heard of."""
    if operation.leased_until is None:
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
    return True


def running_rebuild(definition: IndexDefinition) -> Operation | None:
    """Return the running rebuild of the index; None if there is none."""
    found = operations_of(definition).filter(
        kind=Operation.Kind.REBUILD, state__in=[Operation.State.QUEUED, Operation.State.RUNNING]
    )
    return next(filter(is_alive, found), None)


def forget_ended(definition: IndexDefinition) -> None:
    """Delete the records of what ended longer ago than ``OPERATION_RETENTION``, but for the last.

    The last one is what the pages show of an index that nobody has touched for long.
    """
    ended = operations_of(definition).filter(ended_at__isnull=False)
    last = ended.values_list("pk", flat=True).first()
    old = timezone.now() - timedelta(days=get_options().operation_retention)
    if last is not None:
        ended.filter(ended_at__lt=old).exclude(pk=last).delete()


def explain_running(operation: Operation) -> str:
    """Return who works on what since when, as a refusal."""
    since = operation.created_at
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
