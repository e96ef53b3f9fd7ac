"""How fast an index is loaded, compared with a hand-written loop.

Both write the same documents of the shop's products, category and tags included, into an index
with the same mapping and load settings, from the same database, in turns. Run it with

    DATABASE_URL=… .venv/bin/python benchmarks/load.py [--rounds 5]

after `load_catalogue` has filled the database.
"""

import argparse
import os
import resource
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "example_project")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from elasticsearch import Elasticsearch, helpers
from shop.models import Product

from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.build.load import load
from django_es_admin.lifecycle.generations.create import create_generation

COLUMNS = "name description brand sku price is_active created_at updated_at".split()
BATCH = 1000


def by_hand(client: Elasticsearch, index: str) -> int:
    """Write all products with ``helpers.streaming_bulk`` over ``values_list``."""
    written = 0
    for ok, _ in helpers.streaming_bulk(client, actions(), index=index, chunk_size=BATCH):
        written += ok
    return written


def actions() -> Iterator[dict[str, Any]]:
    """Yield the actions of a hand-written load: pages by key, with tags fetched per page."""
    products = Product.objects.order_by("pk")
    through = Product.tags.through.objects.order_by("tag_id")
    after = 0
    while True:
        page = list(
            products.filter(pk__gt=after).values_list(
                "pk", *COLUMNS, "category_id", "category__name", "category__slug"
            )[:BATCH]
        )
        if not page:
            return
        keys = [row[0] for row in page]
        tags = defaultdict(list)
        for owner, tag, name in through.filter(product_id__in=keys).values_list(
            "product_id", "tag_id", "tag__name"
        ):
            tags[owner].append({"id": tag, "name": name})
        for row in page:
            source = dict(zip(COLUMNS, row[1:], strict=False))
            source["category"] = {"id": row[-3], "name": row[-2], "slug": row[-1]}
            source["tags"] = tags[row[0]]
            yield {"_id": row[0], "_source": source}
        after = keys[-1]


def new_index(definition: IndexDefinition) -> Any:
    """Create a building generation; both contestants load into such a generation."""
    return create_generation(definition)


def seconds(work: Any) -> float:
    """Return how long ``work()`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Run the contestants in turns, and print rates and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    definition = get_definition("products")
    # The client's fastest encoder, because the hand-written loop should be a good one.
    from elastic_transport import OrjsonSerializer  # noqa: PLC0415 (only here)

    client = Elasticsearch(definition.connection.server["HOSTS"], serializer=OrjsonSerializer())
    count = Product.objects.count()
    rates: dict[str, list[float]] = {"by hand": [], "django_es_admin": []}
    for number in range(rounds + 1):
        generation = new_index(definition)
        hand = seconds(lambda: by_hand(client, generation.name))  # noqa: B023 (called at once)
        client.indices.delete(index=generation.name)
        generation.delete()
        generation = new_index(definition)
        ours = seconds(lambda: load(definition, generation))  # noqa: B023 (called at once)
        client.indices.refresh(index=generation.name)
        found = client.count(index=generation.name)["count"]
        client.indices.delete(index=generation.name)
        generation.delete()
        if found != count:
            sys.exit(f"{found} of {count} documents were loaded")
        if number:  # the first round warms up
            rates["by hand"].append(count / hand)
            rates["django_es_admin"].append(count / ours)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, values in rates.items():
        spread = f"{min(values):,.0f}-{max(values):,.0f}"
        print(f"{name:16} {medians[name]:8,.0f} documents/s (median of {rounds}; {spread})")
    print(f"ratio            {medians['django_es_admin'] / medians['by hand']:8.2f}")
    print(f"rows             {count:8,}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory      {peak:8,.0f} MiB (the whole process, both contestants)")


if __name__ == "__main__":
    main()
