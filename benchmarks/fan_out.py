"""How long it takes to rename a category with all products in it.

    DATABASE_URL=… .venv/bin/python benchmarks/fan_out.py

It puts every product of that database into one category, rebuilds its own index, renames the
category, and drains. Use a copy of a database, because products are changed.
"""

import os
import resource
import sys
import time
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "example_project")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings
from django.db import transaction
from shop.models import Category, Product

settings.ES_SERVERS["default"]["INDEX_PREFIX"] = "benchmark-"

from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.delete import delete_index, plan_delete
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drainers.worker import drain_due


def peak() -> int:
    """Return the peak memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Measure."""
    category = Category.objects.order_by("pk").first()
    if category is None:
        sys.exit("The database is empty: run load_catalogue first.")
    with transaction.atomic():
        Product.objects.update(category=category)
    definition = get_definition("products")
    rebuild(plan_rebuild(definition))
    before = peak()
    category.name = f"Renamed {time.time():.0f}"
    started = time.perf_counter()
    category.save()
    saved = time.perf_counter() - started
    waiting = OutboxEntry.objects.count()
    started = time.perf_counter()
    result = drain_due().result
    drained = time.perf_counter() - started
    client = definition.connection.client
    client.indices.refresh(index=definition.alias)
    query = {"match_phrase": {"category.name": category.name}}
    found = client.count(index=definition.alias, query=query)["count"]
    delete_index(plan_delete(definition.name))
    print(f"products             {Product.objects.count():10,}")
    print(f"save()               {saved * 1000:10.1f} ms, {waiting} row in the outbox")
    print(f"drain                {drained:10.1f} s, {result.written / drained:,.0f} documents/s")
    print(f"with the new name    {found:10,}")
    print(f"peak memory          {peak():10,} MiB ({before:,} MiB before the rename)")


if __name__ == "__main__":
    main()
