"""The measured part of `parked.py`: fill the database of DATABASE_URL, and query it."""

import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "example_project")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.db.models.functions import Mod, Now

from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.rows.claim import claim, due

ROUNDS = 7
LOOK, STATUS = 0.020, 1.0


def fill(rows: int) -> None:
    """Create the tables, with that many parked rows, and that many rows that are due later."""
    call_command("migrate", verbosity=0)
    error = "document_parsing_exception: failed to parse field [price] of type [scaled_float]"
    entries = OutboxEntry.objects
    entries.create(connection="default", index="products", key="1", due_at=Now())
    table = OutboxEntry._meta.db_table
    columns = [f.column for f in OutboxEntry._meta.concrete_fields if not f.primary_key]
    names = ", ".join(map(connection.ops.quote_name, columns))
    with connection.cursor() as cursor:
        while (count := entries.count()) < 2 * rows:
            more = min(count, 2 * rows - count)
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {names} FROM {table} LIMIT {more}"  # noqa: S608 (constants)
            )
    middle = entries.order_by("pk").values_list("pk", flat=True)[rows]
    later = Now() + timedelta(hours=1)
    entries.filter(pk__lt=middle).update(parked_at=Now(), attempts=10, error=error, due_at=later)
    entries.filter(pk__gte=middle).update(due_at=later, attempts=1, error=error)
    halved = entries.annotate(half=Mod(F("pk"), 2)).filter(pk__gte=middle, half=0)
    halved.update(delete_sent=True, attempts=0, error="")
    with connection.cursor() as cursor:
        # The database does this by itself after a while.
        cursor.execute(
            f"VACUUM ANALYZE {table}" if connection.vendor == "postgresql" else "ANALYZE"
        )


def measure() -> None:
    """Print how long an idle worker's query and `es_status` take, as a line of the table.

    Raises:
        SystemExit: one of them takes too long.
    """

    def look() -> None:
        if claim("default", due("default"), 500):
            raise SystemExit("There is work: this is no idle look.")

    def status() -> None:
        with Path(os.devnull).open("w") as nowhere:
            call_command("es_status", stdout=nowhere)

    looked, told = _seconds(look), _seconds(status)
    rows = OutboxEntry.objects.count()
    print(
        f"| {connection.display_name} | {rows:,} | {_spread(looked, 1_000)} ms "
        f"| {_spread(told, 1)} s |"
    )
    if statistics.median(looked) > LOOK or statistics.median(told) > STATUS:
        raise SystemExit("too slow")


def _seconds(work: Callable[[], None]) -> list[float]:
    work()
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return taken


def _spread(seconds: list[float], unit: int) -> str:
    figures = [unit * one for one in (statistics.median(seconds), min(seconds), max(seconds))]
    return "{:.2f} ({:.2f}-{:.2f})".format(*figures)


if __name__ == "__main__":
    fill(int(sys.argv[1]))
    measure()
