"""Objects of the guide's models, and where their index is."""

from typing import Any

from tests.guide.models import Category, Product

INDEX = "products_with_relations"


def make_products(count: int, **values: Any) -> list[Product]:
    category = Category.objects.create(name="Shoes", slug=f"shoes-{Category.objects.count()}")
    return Product.objects.bulk_create(
        Product(**{"name": f"Shoe {n}", "price": n, "category": category} | values)
        for n in range(count)
    )


def make_bad_product() -> Product:
    """Save a product that Elasticsearch refuses: a keyword of more than 32,766 bytes."""
    category = Category.objects.create(name="Bad", slug="x" * 40_000)
    return Product.objects.create(name="Bad", price=1, category=category)
