"""`python -m tests.torture.prepare` makes the data of a run, and its indices."""

import random
import sys

import django


def main() -> int:
    """Make them; return the exit status."""
    django.setup()
    from django.core.management import call_command

    make_data()
    call_command("es_rebuild", interactive=False, verbosity=0)
    return 0


def make_data() -> None:
    """Fill the shop, without a row in the outbox."""
    from shop.models import Category, Product, Tag

    from tests.torture.changes import SIZES

    chosen = random.Random(0)
    categories = Category._base_manager.bulk_create(
        Category(name=f"Shelf {number}", slug=f"shelf-{number}")
        for number in range(SIZES[Category])
    )
    tags = Tag._base_manager.bulk_create(Tag(name=f"Tag {number}") for number in range(SIZES[Tag]))
    products = Product._base_manager.bulk_create(
        Product(
            name=f"Product {number}",
            price=number,
            category=chosen.choice(categories),
            brand=f"Brand {number % 7}",
            sku=f"sku-{number}",
            is_active=chosen.random() < 0.7,
        )
        for number in range(SIZES[Product])
    )
    through = Product.tags.through
    through.objects.bulk_create(
        through(product=product, tag=tag)
        for product in products
        for tag in chosen.sample(tags, chosen.randint(0, 3))
    )


if __name__ == "__main__":
    sys.exit(main())
