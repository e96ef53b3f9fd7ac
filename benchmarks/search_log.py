"""How long the pages of the log of searches take, with a million different searches.

    DATABASE_URL=… .venv/bin/python benchmarks/search_log.py [--searches 1000000] [--rounds 5]

on a database that is empty, or that an earlier run has filled. The searches are of the last
30 days, some more frequent than others; a tenth of them found nothing.
"""

import argparse
import os
import random
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "example_project")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
parser.add_argument("--searches", type=int, default=1_000_000)
parser.add_argument("--rounds", type=int, default=5)
options = parser.parse_args()

settings.DEBUG = False
settings.ALLOWED_HOSTS = ["testserver"]
settings.ES_SERVERS["default"]["INDEX_PREFIX"] = "bench-search-log-"
settings.ES_ADMIN = {"SEARCH_LOG": True}
django.setup()

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from django_es_admin.clock import today
from django_es_admin.insight.log.report import KINDS
from django_es_admin.models import LoggedSearch

DAYS = 30
AT_ONCE = 10_000
COLUMNS = (
    "day connection index digest search words spelling filters order count missed promoted hits "
    "milliseconds slowest"
).split()


def fill() -> None:
    """Write the searches, and the sums of each day, unless they exist."""
    call_command("migrate", verbosity=0)
    if LoggedSearch.objects.exists():
        return
    rng = random.Random(1)  # noqa: S311 (no secret)
    table = connection.ops.quote_name(LoggedSearch._meta.db_table)
    names = ", ".join(map(connection.ops.quote_name, COLUMNS))
    places = ", ".join(["%s"] * len(COLUMNS))
    insert = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 (no words of others)
    sums = {today() - timedelta(days=n): [0, 0, 0.0] for n in range(DAYS)}
    days = list(sums)
    for start in range(0, options.searches, AT_ONCE):
        rows = []
        for number in range(start, min(start + AT_ONCE, options.searches)):
            count = int(rng.paretovariate(1.2))
            missed = count if number % 10 == 0 else 0
            taken = rng.uniform(5, 300) * count
            day, words = days[number % DAYS], f"search number {number}"
            row = (str(day), "default", "products", f"{number:032x}", "FacetedSearchService")
            rows.append((*row, words, words, "", "", count, missed, 0, 20, taken, taken / count))
            for place, value in enumerate((count, missed, taken)):
                sums[day][place] += value
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(insert, rows)
    LoggedSearch.objects.bulk_create(
        LoggedSearch(
            day=day,
            connection="default",
            index="products",
            count=int(count),
            missed=int(missed),
            milliseconds=taken,
        )
        for day, (count, missed, taken) in sums.items()
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def main() -> None:
    """Fill the log, read each list several times, and print how long a page takes."""
    fill()
    users = get_user_model().objects
    user = users.filter(is_superuser=True).first() or users.create_superuser("bench")
    client = Client()
    client.force_login(user)
    url = reverse("admin:elasticsearch_loggedsearch_changelist")
    print(f"{LoggedSearch.objects.count():,} rows on {connection.vendor}")
    print("| list | days | median, ms | longest, ms |")
    print("| --- | --- | --- | --- |")
    client.get(url)
    for kind in KINDS:
        for days in (1, 7, 30, 90):
            times = []
            for _ in range(options.rounds):
                started = time.perf_counter()
                response = client.get(url, {"list": kind, "days": days})
                times.append(1000 * (time.perf_counter() - started))
                assert response.status_code == 200  # noqa: S101
            print(f"| {kind} | {days} | {statistics.median(times):.0f} | {max(times):.0f} |")


if __name__ == "__main__":
    main()
