"""Tasks for ``django.tasks``, or the ``django-tasks`` package before Django 6."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import django
from django.db import transaction
from django.utils.translation import gettext as _

from .exceptions import OperationRefused
from .incidents import tell
from .indices.definition import IndexDefinition
from .insight.preview.operation import PreviewPlan, queue_preview
from .lifecycle.aliases.swap_plan import SwapPlan
from .lifecycle.background import (
    do_queued,
    help_rebuild,
    queue_complete,
    queue_drain,
    queue_rebuild,
    queue_swap,
    queue_verify,
)
from .lifecycle.build.load import LookAfter, nobody_to_look_after
from .lifecycle.complete import CompletePlan
from .lifecycle.drain_now import DrainPlan
from .lifecycle.rebuild_plan import RebuildPlan
from .lifecycle.verify.plan import VerifyPlan
from .models import Generation, Operation, Worker
from .operations.ending import give_up
from .outbox.drainers.heartbeat import Heartbeat
from .outbox.drainers.worker import drain_due

if TYPE_CHECKING or django.VERSION < (6, 0):
    from django_tasks import task
    from django_tasks.backends.dummy import DummyBackend
    from django_tasks.backends.immediate import ImmediateBackend
else:
    from django.tasks import task
    from django.tasks.backends.dummy import DummyBackend
    from django.tasks.backends.immediate import ImmediateBackend


@task()
def drain() -> dict[str, int]:
    """Drain every row of the outbox that is due. Enqueue it as often as ``cron`` would run it.

    Returns:
        The numbers of objects that were written, deleted and refused, as JSON.

    Raises:
        ElasticsearchAdminError: a connection did not answer. The task fails, and the rows wait.
    """
    report = drain_due()
    for stopped in report.result.stopped:
        raise stopped.error
    result = report.result
    return {"written": result.written, "deleted": result.deleted, "failed": result.failed}


@task()
def do_operation(using: str, operation: int) -> str:
    """Do a long operation that was requested in the admin.

    A rebuild, a drain of many changes, or a swap that compares first.

    Args:
        using: alias of the database with its record.
        operation: the primary key of the record.

    Returns:
        The name of the generation; "" if there is none, or the operation was cancelled.

    Raises:
        ElasticsearchAdminError: the operation failed. The record also has the reason.
    """
    # A worker that has started a task is alive, even if it has nothing to do afterwards.
    Heartbeat(Worker.Kind.TASKS).beat([using])
    return do_queued(using, operation, hire_tasks)


@task()
def load_ranges(index: str, connection: str, generation: str, rate: float | None) -> None:
    """Load ranges of a rebuild together with the task that does the rebuild.

    Args:
        index: the name of the index.
        connection: the alias of its connection.
        generation: the generation that is being built.
        rate: the maximum number of objects per second.

    Raises:
        ElasticsearchAdminError: a request failed as a whole; the other workers continue.
    """
    help_rebuild(index, connection, generation, rate)


@contextmanager
def hire_tasks(
    definition: IndexDefinition, generation: Generation, count: int, rate: float | None
) -> Iterator[LookAfter]:
    """Let other workers of the background tasks load a generation, on any machine.

    If a worker starts late or never, this process loads the remaining ranges.

    Args:
        count: the number of workers, including this one.
        rate: the maximum number of objects per second, of each process.
    """
    for _number in range(count - 1):
        try:
            load_ranges.enqueue(definition.name, definition.connection.alias, generation.name, rate)
        except Exception as error:  # noqa: BLE001 (a backend may fail in any way)
            tell(error, "The backend of the background tasks")
            break
    yield nobody_to_look_after


def find_background_refusal() -> str:
    """Return why there are no background tasks; "" if there are."""
    backend = do_operation.get_backend()
    if isinstance(backend, ImmediateBackend):
        return _(
            "The backend of TASKS runs tasks inside the request, which is too short for a "
            "rebuild: install django-tasks-db, set 'django_tasks_db.DatabaseBackend' in TASKS "
            "and run `manage.py db_worker`, or run `manage.py es_rebuild`."
        )
    if isinstance(backend, DummyBackend):
        return _("The backend of TASKS runs no task: run `manage.py es_rebuild`.")
    return ""


def enqueue_rebuild(plan: RebuildPlan) -> Operation:
    """Let a worker of the background tasks rebuild an index; return the record of the operation.

    Raises:
        OperationRefused: the plan has refusals, another rebuild is running, or there are no
            background tasks.
    """
    _require_background()
    return _send(queue_rebuild(plan), plan.definition.database)


def enqueue_swap(plan: SwapPlan) -> Operation:
    """Let a worker compare a generation and make it live; return the record of the operation.

    Raises:
        OperationRefused: the plan has refusals, or nothing works in the background.
    """
    _require_background()
    return _send(queue_swap(plan), plan.definition.database)


def enqueue_drain(plan: DrainPlan) -> Operation:
    """Let a worker drain the rows of a connection; return the record of the operation.

    Raises:
        OperationRefused: the plan has refusals, or nothing works in the background.
    """
    _require_background()
    return _send(queue_drain(plan), plan.definition.database)


def enqueue_complete(plan: CompletePlan) -> Operation:
    """Let a worker compare all keys and write the differences; return the record of the operation.

    Raises:
        OperationRefused: the plan has refusals, or nothing works in the background.
    """
    _require_background()
    return _send(queue_complete(plan), plan.definition.database)


def enqueue_verify(plan: VerifyPlan) -> Operation:
    """Let a worker compare an index with its database; return the record of the operation.

    Raises:
        OperationRefused: the plan has refusals, or nothing works in the background.
    """
    _require_background()
    return _send(queue_verify(plan), plan.definition.database)


def enqueue_preview(plan: PreviewPlan) -> Operation:
    """Let a worker send searches to two generations; return the record of the operation.

    Raises:
        OperationRefused: the plan has refusals, or nothing works in the background.
    """
    _require_background()
    return _send(queue_preview(plan), plan.definition.database)


def _require_background() -> None:
    refusal = find_background_refusal()
    if refusal:
        raise OperationRefused(refusal)


def _send(operation: Operation, using: str) -> Operation:
    def send() -> None:
        try:
            do_operation.enqueue(using, operation.pk)
        except Exception as error:
            told = tell(error, "The backend of the background tasks")
            text = f"It could not be queued for the background tasks ({told})."
            give_up(using, operation.pk, text)
            raise OperationRefused(text) from error

    transaction.on_commit(send, using=using)
    return operation
