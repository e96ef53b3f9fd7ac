"""Fill the index of django-elasticsearch-dsl with its own command."""

from typing import Any

from contestants.peer.documents import ProductDocument
from django.conf import settings
from django.core.management import call_command
from django.db.models import QuerySet
from shop.models import Product

PAGE = 1000


def create() -> str:
    """Create the empty index; return its name."""
    if settings.CONTESTANT != "peer-plain":
        # Otherwise there would be queries for the category and the tags of each product.
        ProductDocument.get_queryset = _with_related
        # With iterator(), Django prefetches only if it knows the size of a chunk.
        ProductDocument.django.queryset_pagination = PAGE
    call_command("search_index", "--create")
    return str(ProductDocument._index._name)


def load() -> None:
    """Fill the index."""
    tuned = settings.CONTESTANT == "peer-tuned"
    call_command("search_index", "--populate", "--parallel" if tuned else "--no-parallel")


def _with_related(_: Any) -> QuerySet[Product]:
    return Product.objects.select_related("category").prefetch_related("tags")
