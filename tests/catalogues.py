"""Products in the database and in a live index, for all tests of a module."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from shop.models import Category, Product, Tag

from django_es_admin import connections
from django_es_admin.indices.definition import get_definition
from django_es_admin.models import Generation, Operation, OutboxEntry
from tests.live import make_live

FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


@contextmanager
def indexed(rows: Iterable[Mapping[str, Any]]) -> Iterator[None]:
    """Save these products, each newer than the one before.

    Args:
        rows: the values of each product; "category" is a name, "tags" a list of names.
    """
    shelves: dict[str, Category] = {}
    for number, row in enumerate(rows):
        values = {"sku": f"SKU-{number}", "description": "", "brand": "Acme", "price": 1, **row}
        shelf, tags = values.pop("category", "Things"), values.pop("tags", ())
        if shelf not in shelves:
            slug = f"shelf-{len(shelves)}"
            shelves[shelf] = Category.objects.create(name=shelf, slug=slug)
        product = Product.objects.create(category=shelves[shelf], **values)
        Product.objects.filter(pk=product.pk).update(created_at=FIRST_DAY + timedelta(days=number))
        product.tags.set(Tag.objects.get_or_create(name=name)[0] for name in tags)
    try:
        definition = get_definition("products")
        make_live(definition)
        OutboxEntry.objects.all().delete()
        yield
    finally:
        for model in (Product, Category, Tag, OutboxEntry, Generation, Operation):
            model.objects.all().delete()
        OutboxEntry.objects.all().delete()
        backend = connections["default"]
        found = backend.client.indices.get(
            index=f"{backend.index_prefix}*", expand_wildcards="all", features=["aliases"]
        )
        backend.client.indices.delete(index=sorted(found.body))
