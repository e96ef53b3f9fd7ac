"""The rebuild of a table of narrow rows: the time of each step, and the size of our tables."""

import os
import resource
import sys
import time
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "example_project"), str(ROOT / "benchmarks")]
os.environ["DJANGO_SETTINGS_MODULE"] = "contestants.settings"
django.setup()

from contestants.orders import obey
from django.core.management import call_command
from django.db import connection
from shop.models import Tag

from django_es_admin.documents import Document, fields, registry
from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild as rebuild_index
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry
from django_es_admin.operations.progress import Progress


@registry.register_document
class NarrowDocument(Document):
    """A key and a name."""

    id = fields.LongField()
    name = fields.KeywordField()

    class Index:
        """The name of the index."""

        name = "narrow"

    class Django:
        """The model of the documents."""

        model = Tag


def fill(rows: int) -> None:
    """Create the tables, with that many rows."""
    call_command("migrate")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Tag._meta.db_table} (name) "  # noqa: S608 (a name of ours)
            f"SELECT 'tag ' || number FROM generate_series(1, %s) AS number",
            [rows],
        )
        cursor.execute("VACUUM ANALYZE")
    OutboxEntry.objects.all().delete()


def rebuild() -> dict[str, float]:
    """Return the seconds of each step of a rebuild."""
    steps: dict[str, float] = {}
    last = [time.perf_counter(), "create"]

    def on_progress(progress: Progress) -> None:
        now = time.perf_counter()
        steps[last[1]] = steps.get(last[1], 0) + now - last[0]
        last[:] = [now, progress.step]

    rebuild_index(plan_rebuild(get_definition("narrow")), on_progress)
    on_progress(Progress("narrow", "swap"))
    return steps


def status() -> float:
    """Return the seconds that `es_status` takes within the process."""
    started = time.perf_counter()
    call_command("es_status", "narrow", "--json")
    return time.perf_counter() - started


def sizes() -> float:
    """Return the sizes of our tables, in KB."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class "
            "WHERE relkind = 'r' AND relname LIKE 'elasticsearch%%'",
            [],
        )
        return float(cursor.fetchone()[0]) / 1000


def peak() -> float:
    """Return the peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    obey(fill, rebuild, status, sizes, peak)
