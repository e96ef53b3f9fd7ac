"""Objects of the guide's models, and where their index is."""

from typing import Any

from tests.guide.models import Category, Product

INDEX = "products_with_relations"


def make_products(count: int, **values: Any) -> list[Product]:
    """Save products past the signals, so that none of them waits to be indexed."""
    slug = f"shoes-{Category.objects.count()}"
    (category,) = Category.objects.bulk_create([Category(name="Shoes", slug=slug)])
    return Product.objects.bulk_create(
        Product(**{"name": f"Shoe {n}", "price": n, "category": category} | values)
        for n in range(count)
    )


def make_bad_product() -> Product:
    """Save a product that Elasticsearch refuses: a keyword of more than 32,766 bytes."""
    category = Category.objects.create(name="Bad", slug="x" * 40_000)
    return Product.objects.create(name="Bad", price=1, category=category)
