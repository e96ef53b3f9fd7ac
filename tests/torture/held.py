"""`python -m tests.torture.held --help`: a transaction that stays open until it is told to end.

It changes, deletes and makes products, and renames a category, before all that happens meanwhile.
"""

import argparse
import sys
import time
from pathlib import Path

import django


def main() -> int:
    """Hold it; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--until", type=Path, required=True, help="the file that ends it")
    options = parser.parse_args()
    django.setup()
    from django.db import transaction
    from shop.models import Product

    with transaction.atomic():
        changed, deleted, moved = Product.objects.order_by("?")[:3]
        changed.name = "Changed in a long transaction"
        changed.save()
        deleted.delete()
        moved.category.name = "Renamed in a long transaction"
        moved.category.save()
        Product.objects.create(
            name="Made in a long transaction", price=1, category=moved.category, sku="long"
        )
        print("open", flush=True)
        while not options.until.exists():
            time.sleep(0.05)
    print("committed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
