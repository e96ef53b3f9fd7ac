"""`python -m tests.torture.writes --help`: saves and deletes while Elasticsearch is out.

Prints JSON: how many there were, how long all took, how many requests were tried meanwhile, and
for how long the most patient of these would have waited.
"""

import argparse
import json
import random
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

    from tests.attempts import noted_attempts

    chosen = random.Random(options.seed)
    categories = list(Category.objects.all())
    products = list(Product.objects.all())
    begun = time.perf_counter()
    with noted_attempts() as attempts:
        for number in range(options.count):
            how = chosen.random()
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
    told = {
        "writes": options.count,
        "seconds": time.perf_counter() - begun,
        "attempts": len(attempts.all),
        "patience": max(attempt.seconds for attempt in attempts.all),
    }
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
