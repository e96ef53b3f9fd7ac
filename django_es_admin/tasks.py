"""Tasks for ``django.tasks``, or the ``django-tasks`` package before Django 6."""

from typing import TYPE_CHECKING

import django

from .outbox.worker import drain_once

if TYPE_CHECKING or django.VERSION < (6, 0):
    from django_tasks import task
else:
    from django.tasks import task


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
