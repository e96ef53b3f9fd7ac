"""`python -m tests.torture.writes --help`: saves and deletes while Elasticsearch is out.

Prints JSON: how many there were, and how long the one in the middle, the slowest and all took.
"""

import argparse
import json
import random
import statistics
import sys
import time

import django


def main() -> int:
    """Make the writes; an exception out of one of them ends the program with 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", required=True)
    options = parser.parse_args()
    django.setup()
    from shop.models import Category, Product

    chosen = random.Random(options.seed)
    categories = list(Category.objects.all())
    products = list(Product.objects.all())
    seconds = []
    for number in range(options.count):
        how = chosen.random()
        begun = time.perf_counter()
        if how < 0.5:
            products.append(
                Product.objects.create(
                    name=f"Written in the dark {number}",
                    price=number,
                    category=chosen.choice(categories),
                    brand="Lamp",
                    sku=f"dark-{number}",
                )
            )
        elif how < 0.9:
            product = chosen.choice(products)
            product.name = f"Changed in the dark {number}"
            product.save()
        else:
            products.pop(chosen.randrange(len(products))).delete()
        seconds.append(time.perf_counter() - begun)
    told = {
        "writes": len(seconds),
        "median": statistics.median(seconds),
        "slowest": max(seconds),
        "all": sum(seconds),
    }
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
