"""`python -m tests.torture.commands --help`: a deployment that loads a fixture and migrates data.

Prints each thing that it did, and at last, as JSON, how often it did what.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import django

KINDS = ("loaddata", "migrate")
PRODUCTS = 15


def main() -> int:
    """Do so until the file is there; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", required=True)
    parser.add_argument("--until", type=Path, required=True, help="a file that ends it")
    options = parser.parse_args()
    django.setup()
    from django.core.exceptions import ObjectDoesNotExist
    from django.db import DatabaseError

    chosen, done = random.Random(options.seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        load = _fixture(chosen, Path(folder) / "shop.json")
        while not options.until.exists():
            kind = chosen.choice(KINDS)
            try:
                load() if kind == "loaddata" else _migrate()
                done[kind] += 1
                print(kind)
            except (DatabaseError, ObjectDoesNotExist) as error:
                # A lock, a deadlock, or a row that another one has made or deleted.
                done[type(error).__name__] += 1
            time.sleep(chosen.uniform(0.3, 1.0))
    print(json.dumps(done))
    return 0


def _fixture(chosen: random.Random, file: Path) -> Callable[[], None]:
    """Return what loads objects as they are now, whatever became of them, under other names."""
    from django.core import serializers
    from django.core.management import call_command
    from shop.models import Product

    keys = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    products = Product.objects.filter(pk__in=chosen.sample(keys, PRODUCTS)).order_by("pk")
    tags = {tag.pk: tag for product in products for tag in product.tags.all()}
    categories = {product.category.pk: product.category for product in products}
    objects = [*categories.values(), *tags.values(), *products]
    rows = json.loads(serializers.serialize("json", objects))

    def load() -> None:
        for row in rows:
            row["fields"]["name"] = f"loaded {chosen.getrandbits(40):010x}"
        file.write_text(json.dumps(rows))
        call_command("loaddata", file, verbosity=0)

    return load


def _migrate() -> None:
    from django.core.management import call_command

    for target in ("zero", "0001"):
        call_command("migrate", "torture", target, verbosity=0, interactive=False)


if __name__ == "__main__":
    sys.exit(main())
