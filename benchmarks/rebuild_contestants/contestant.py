"""One contestant, which fills an index."""

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
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from shop.models import Product

# Imported only by the contestants that need it, because it would count as their memory.
# ruff: noqa: PLC0415 (for that reason)


def prepare(rows: int) -> None:
    """Fill an empty database, which is copied for each run. A filled one is kept."""
    call_command("migrate")
    found = Product.objects.count()
    if found not in (0, rows):
        sys.exit(
            f"The database {connection.settings_dict['NAME']} has {found:,} products: drop it."
        )
    if not found:
        from django_es_admin.models import OutboxEntry
        from rebuild_contestants.catalogue import fill

        fill(rows)
        # Rows of the outbox are not needed, and a whole rebuild would drain them.
        OutboxEntry.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def create() -> str:
    """Create an empty index, or do the first step of a rebuild; return a name of the index."""
    if settings.CONTESTANT in ("ours", "columns", "limit"):
        from django_es_admin.indices.definition import get_definition
        from django_es_admin.lifecycle.build.load import count_about
        from django_es_admin.lifecycle.build.ranges import plan_ranges
        from django_es_admin.lifecycle.generations.create import create_generation
        from django_es_admin.models import Generation

        # The generations of other turns, whose indices were deleted.
        Generation.objects.all().delete()
        definition = get_definition("products")
        generation = create_generation(definition)
        if settings.CONTESTANT != "limit":
            # Divided as in a rebuild with two workers; each loading process claims some.
            plan_ranges(definition, generation, total=count_about(definition), workers=2)
        return generation.name
    if settings.CONTESTANT == "modelsearch":
        from modelsearch.backends import get_search_backend

        from rebuild_contestants.indexed.models import IndexedProduct

        # The command creates the index, which is a part of the time.
        return str(get_search_backend().get_index_for_model(IndexedProduct).name)
    from rebuild_contestants import peer

    return peer.create()


def load(index: str, part: int, parts: int) -> None:
    """Fill the index, or one of that many parts of it."""
    if settings.CONTESTANT in ("ours", "columns"):
        from django_es_admin.indices.definition import get_definition
        from django_es_admin.lifecycle.build.load import load as load_ours
        from django_es_admin.models import Generation

        load_ours(get_definition("products"), Generation.objects.get(name=index))
    elif settings.CONTESTANT == "limit":
        from rebuild_contestants import limit

        limit.load(index, part, parts)
    elif settings.CONTESTANT == "modelsearch":
        call_command("rebuild_modelsearch_index")
    else:
        from rebuild_contestants import peer

        peer.load()


def rebuild() -> str:
    """Rebuild as our command does; return a name of the index."""
    from django_es_admin.indices.definition import get_definition

    call_command("es_rebuild", "products")
    return get_definition("products").alias


def verify(ids: bool) -> float:
    """Compare the index with the database; return the seconds it took.

    Args:
        ids: whether only keys are compared.
    """
    started = time.perf_counter()
    call_command("es_verify", "products", *(["--ids"] if ids else []))
    return time.perf_counter() - started


def peak() -> float:
    """Return the peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


if settings.CONTESTANT == "columns":
    from django_es_admin.documents.reading.source import Source

    # As with a database that cannot write documents.
    Source._writer = lambda self, source, using: None  # type: ignore[assignment,method-assign]  # noqa: SLF001 (only here)

if __name__ == "__main__":
    obey(prepare, create, load, rebuild, verify, peak)
