"""What each index must hold, read from instances one by one: nothing of the package is used."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from shop.models import Category, Product, Tag

# Lists have the order of their model, and then that of the keys.
NEWEST = ("-created_at", "-pk")

Documents = dict[str, dict[str, Any]]


def read_expected() -> dict[str, Documents]:
    """Return index -> id -> document, for the indices that take part in the run."""
    products = Product.objects.select_related("category").prefetch_related(
        Prefetch("tags", Tag.objects.order_by("name", "pk"))
    )
    kinds: dict[str, tuple[QuerySet[Any], Callable[[Any], dict[str, Any]]]] = {
        "products": (products, _product),
        "offers": (products.filter(is_active=True), _offer),
        "shelves": (Category.objects.all(), _shelf),
        "labels": (Tag.objects.all(), _label),
    }
    return {
        index: {str(instance.pk): make(instance) for instance in queryset}
        for index, (queryset, make) in kinds.items()
        if index in settings.ES_INDICES
    }


def _product(product: Product) -> dict[str, Any]:
    category = product.category
    return {
        "id": product.pk,
        "name": product.name,
        "description": product.description,
        "category": {"id": category.pk, "name": category.name, "slug": category.slug},
        "brand": product.brand,
        "sku": product.sku,
        "tags": [{"id": tag.pk, "name": tag.name} for tag in product.tags.all()],
        "price": float(product.price),
        "is_active": product.is_active,
        "created_at": product.created_at.isoformat(),
        "updated_at": product.updated_at.isoformat(),
    }


def _offer(product: Product) -> dict[str, Any]:
    return {
        "name": product.name,
        "shelf": f"{product.category.name} ({product.category.slug})",
    }


def _shelf(category: Category) -> dict[str, Any]:
    products = category.product_set.order_by(*NEWEST)
    return {
        "name": category.name,
        "words": sorted({tag.name for product in products for tag in product.tags.all()}),
        "product_set": [{"id": product.pk, "name": product.name} for product in products],
    }


def _label(tag: Tag) -> dict[str, Any]:
    products = tag.product_set.order_by(*NEWEST)
    return {
        "name": tag.name,
        "product_set": [{"id": product.pk, "name": product.name} for product in products],
    }
