"""Tasks for ``django.tasks``, or the ``django-tasks`` package before Django 6."""

from functools import partial
from typing import TYPE_CHECKING

import django
from django.db import transaction
from django.utils.translation import gettext as _

from .exceptions import OperationRefused
from .lifecycle.background import do_queued_rebuild, give_up, queue_rebuild
from .lifecycle.rebuild import RebuildPlan
from .models import Operation
from .outbox.worker import drain_once

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
    """Handle every row of the outbox that is due; enqueue it as often as ``cron`` would run.

    Returns:
        how many objects were written, deleted and refused, as JSON.

    Raises:
        ElasticsearchAdminError: a connection did not answer; the task is failed, the rows wait.
    """
    report = drain_once()
    for stopped in report.result.stopped:
        raise stopped.error
    result = report.result
    return {"written": result.written, "deleted": result.deleted, "failed": result.failed}


@task()
def rebuild_index(using: str, operation: int) -> str:
    """Do a rebuild that somebody asked for in the admin.

    Args:
        using: alias of the database that holds its record.
        operation: primary key of the record.

    Returns:
        name of the new generation; "" if it was cancelled before it began.

    Raises:
        ElasticsearchAdminError: it failed; the record has the reason, too.
    """
    result = do_queued_rebuild(using, operation)
    return result.generation if result else ""


def find_background_refusal() -> str:
    """Return why nothing can be done in the background; "" if it can."""
    backend = rebuild_index.get_backend()
    if isinstance(backend, ImmediateBackend):
        return _(
            "TASKS has no backend that works in the background, so that a rebuild would have to be "
            "done within this request: install django-tasks-db, name "
            "'django_tasks_db.DatabaseBackend' in TASKS and run `manage.py db_worker`, "
            "or use `manage.py es_rebuild`."
        )
    if isinstance(backend, DummyBackend):
        return _("The backend of TASKS does nothing: use `manage.py es_rebuild`.")
    return ""


def enqueue_rebuild(plan: RebuildPlan, *, who: str) -> Operation:
    """Have an index rebuilt by a worker of the background tasks; return the record of it.

    Args:
        who: the user.

    Raises:
        OperationRefused: the plan has refusals, another rebuild goes on, or nothing works in the
            background.
    """
    refusal = find_background_refusal()
    if refusal:
        raise OperationRefused(refusal)
    operation = queue_rebuild(plan, who=who)
    using = plan.definition.database
    transaction.on_commit(partial(_send, using, operation.pk), using=using)
    return operation


def _send(using: str, key: int) -> None:
    try:
        rebuild_index.enqueue(using, key)
    except Exception as error:
        give_up(using, key, f"It could not be given to the background tasks: {error}")
        raise
