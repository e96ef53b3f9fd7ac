"""Make saved objects searchable in a test."""

from django.test.testcases import DatabaseOperationForbidden  # type: ignore[attr-defined]

from ..conf import get_options
from ..models import OutboxEntry
from ..outbox.drain.batch import BatchDrain
from ..outbox.drainers.worker import databases
from ..outbox.rows.claim import waiting
from .indices import refresh_indices

_BATCH = 1_000


def refresh() -> None:
    """Drain the outbox, and refresh every index of the test run.

    This also works in the transaction of a ``TestCase``, which is never committed. Databases that
    the test may not use are skipped.

    Raises:
        RuntimeError: the test has opened a transaction.
        AssertionError: a document could not be made, or was refused.
        ElasticsearchAdminError: Elasticsearch cannot be written to.
    """
    for database in usable_databases():
        _drain(database)
    refresh_indices()


def usable_databases() -> list[str]:
    """Return the databases with indexed models that the test may use."""
    return [database for database in databases() if _may_use(database)]


def _may_use(database: str) -> bool:
    try:
        OutboxEntry.objects.using(database).exists()
    except (DatabaseOperationForbidden, RuntimeError):
        # Django and pytest-django refuse the database in these ways.
        return False
    return True


def _drain(database: str) -> None:
    drain = BatchDrain(database, get_options().write_timeout)
    rows = waiting(database).order_by("pk")
    while entries := list(rows[:_BATCH]):
        result = drain.drain(entries)
        if result.stopped:
            raise result.stopped[0].error
        if result.failed or result.held:
            failed = rows.exclude(error="").first()
            raise AssertionError(
                f"{failed.index} {failed.key} cannot be indexed: {failed.error}"
                if failed
                else "An index of this test run is written by a process with different code."
            )
