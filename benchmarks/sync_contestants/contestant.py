"""One contestant, which saves products."""

import gc
import os
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "example_project"), str(ROOT / "benchmarks")]
os.environ["DJANGO_SETTINGS_MODULE"] = "contestants.settings"
django.setup()

from contestants.orders import obey
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils.text import slugify
from elasticsearch import Elasticsearch
from shop.catalogue import generate
from shop.models import Category, Product, Tag

from sync_contestants.counted import counted


def prepare(count: int) -> None:
    """Fill an empty database, which is copied for the contestants."""
    call_command("migrate", verbosity=0)
    for row in generate(count, seed=1):
        values = row.cells
        name = values["category"]
        category, _ = Category.objects.get_or_create(name=name, slug=slugify(name))
        product = Product.objects.create(
            category=category,
            price=Decimal(values["price"]),
            **{column: values[column] for column in ("name", "description", "brand", "sku")},
        )
        tags = filter(None, values["tags"].split(";"))
        product.tags.set([Tag.objects.get_or_create(name=tag)[0] for tag in tags])


def create() -> None:
    """Create the index."""
    call_command("migrate", verbosity=0)
    if settings.CONTESTANT in settings.OURS:
        if settings.CONTESTANT == "triggers":
            _capture_by_triggers()
        call_command("es_rebuild", "products", interactive=False, verbosity=0)
    elif settings.CONTESTANT in settings.PEER:
        from contestants.peer.documents import ProductDocument  # noqa: PLC0415 (a peer only has it)

        ProductDocument._index.create()


def _capture_by_triggers() -> None:
    from shop.documents import ProductDocument  # noqa: PLC0415 (only ours can)

    # As if it were declared like this, because all contestants have the same document.
    object.__setattr__(ProductDocument.django, "capture", "triggers")
    call_command("es_triggers", "install", verbosity=0)


def autocommit(count: int) -> dict[str, Any]:
    """Save products, each in its own transaction; return the seconds it took."""
    return _timed(count, nullcontext)


def together(count: int) -> dict[str, Any]:
    """Save products in one transaction; return the seconds it took."""
    return _timed(count, transaction.atomic)


def count_autocommit(count: int) -> dict[str, Any]:
    """Save products one by one; return the numbers of requests and statements."""
    return _counted(count, nullcontext)


def count_together(count: int) -> dict[str, Any]:
    """Save products in one transaction; return the numbers of requests and statements."""
    return _counted(count, transaction.atomic)


def _timed(count: int, context: Callable[[], Any]) -> dict[str, Any]:
    products = _changed(count)
    gc.collect()
    started = time.perf_counter()
    _save(products, context)
    seconds = time.perf_counter() - started
    _settle()
    return {"seconds": seconds}


def _counted(count: int, context: Callable[[], Any]) -> dict[str, Any]:
    products = _changed(count)
    with counted() as counts:
        _save(products, context)
    _settle()
    return asdict(counts)


_after = 0


def _changed(count: int) -> list[Product]:
    """Return the next products with another price, unsaved, read afresh as in a view."""
    global _after  # noqa: PLW0603 (of the last one)
    products = list(Product.objects.filter(pk__gt=_after).order_by("pk")[:count])
    if len(products) < count:
        products += Product.objects.order_by("pk")[: count - len(products)]
    _after = products[-1].pk
    for product in products:
        product.price += Decimal("0.01")
    return products


def _save(products: list[Product], context: Callable[[], Any]) -> None:
    with context():
        for product in products:
            product.save()


def _settle() -> None:
    """Let the worker finish, so that each round begins in the same state."""
    if settings.CONTESTANT in ("inline", "worker", "triggers"):
        from django_es_admin.outbox.drainers.worker import drain_due  # noqa: PLC0415 (only ours can)

        drain_due()


def bulk_update(count: int) -> dict[str, Any]:
    """Update products in one statement; return the seconds it took."""
    missing = count - Product.objects.count()
    if missing > 0:
        QuerySet(Product).bulk_create(_made(missing))
        _forget()
    keys = list(Product.objects.order_by("pk").values_list("pk", flat=True)[:count])
    gc.collect()
    started = time.perf_counter()
    changed = Product.objects.filter(pk__lte=keys[-1]).update(price=F("price") + Decimal("0.01"))
    seconds = time.perf_counter() - started
    _forget(changed)
    return {"seconds": seconds}


def bulk_create(count: int) -> dict[str, Any]:
    """Insert products in bulk; return the seconds it took."""
    products = _made(count)
    gc.collect()
    started = time.perf_counter()
    Product.objects.bulk_create(products)
    seconds = time.perf_counter() - started
    _forget(count)
    return {"seconds": seconds}


_made_before = 0


def _made(count: int) -> list[Product]:
    global _made_before  # noqa: PLW0603 (of the last one)
    _made_before += count
    category = Category.objects.order_by("pk")[0]
    return [
        Product(name=f"Product {n}", price=1, category=category, brand="Acme", sku=f"bulk-{n}")
        for n in range(_made_before - count, _made_before)
    ]


def _forget(noted: int | None = None) -> None:
    """Delete recorded rows, and vacuum the tables, before the next turn."""
    if settings.CONTESTANT not in settings.OURS:
        return
    from django_es_admin.models import OutboxEntry  # noqa: PLC0415 (only ours has it)

    if noted is not None and OutboxEntry.objects.count() != noted:
        raise SystemExit(f"{OutboxEntry.objects.count()} rows of {noted} were noted")
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {OutboxEntry._meta.db_table}")


def latency(count: int) -> dict[str, Any]:
    """Let another process write changed products; return how long each took."""
    from django_es_admin.models import OutboxEntry  # noqa: PLC0415 (only ours has it)
    from django_es_admin.outbox.drainers.worker import drain_forever  # noqa: PLC0415

    stop = threading.Event()
    worker = threading.Thread(target=drain_forever, args=(stop, 1.0))
    worker.start()
    other = connection.copy()
    keys = list(Product.objects.order_by("pk").values_list("pk", flat=True)[:count])
    taken = []
    time.sleep(2)
    try:
        for key in keys:
            with other.cursor() as cursor:
                cursor.execute("UPDATE shop_product SET price = price + 0.01 WHERE id = %s", [key])
            started = time.perf_counter()
            while OutboxEntry.objects.exists():
                time.sleep(0.002)
            taken.append(time.perf_counter() - started)
            time.sleep(random.random() / 5)  # noqa: S311 (no secret)
    finally:
        stop.set()
        worker.join()
        other.close()
    taken.sort()
    return {"median": statistics.median(taken), "p95": taken[int(len(taken) * 0.95)]}


def differing() -> dict[str, Any]:
    """Return the number of documents, and how many differ from the database."""
    if settings.CONTESTANT == "none":
        return {}
    index = f"{settings.INDEX_PREFIX}products"
    client = Elasticsearch(settings.ES_URL)
    client.indices.refresh(index=index)
    hits = client.search(index=index, size=10_000)["hits"]["hits"]
    found = {hit["_id"]: hit["_source"] for hit in hits}
    products = Product.objects.select_related("category").prefetch_related("tags")
    wrong = sum(_expected(product) != _known(found, product) for product in products)
    return {"documents": len(found), "differing": wrong}


def _expected(product: Product) -> dict[str, Any]:
    category = product.category
    return {
        "name": product.name,
        "description": product.description,
        "brand": product.brand,
        "sku": product.sku,
        "price": float(product.price),
        "is_active": product.is_active,
        "created_at": product.created_at.isoformat(),
        "updated_at": product.updated_at.isoformat(),
        "category": {"id": category.pk, "name": category.name, "slug": category.slug},
        "tags": sorted((tag.pk, tag.name) for tag in product.tags.all()),
    }


def _known(found: dict[str, Any], product: Product) -> dict[str, Any]:
    source = dict(found.get(str(product.pk), {}))
    # The shop's own document also has the key as a field.
    if source and source.pop("id", product.pk) == product.pk:
        source["price"] = float(source["price"])
        source["tags"] = sorted((tag["id"], tag["name"]) for tag in source["tags"])
    return source


def remove() -> None:
    """Delete the index."""
    if settings.CONTESTANT == "none":
        return
    client = Elasticsearch(settings.ES_URL)
    found = client.indices.get(index=f"{settings.INDEX_PREFIX}*", expand_wildcards="all")
    if found.body:
        client.indices.delete(index=sorted(found.body))


if __name__ == "__main__":
    obey(
        prepare,
        create,
        autocommit,
        together,
        count_autocommit,
        count_together,
        bulk_update,
        bulk_create,
        latency,
        differing,
        remove,
    )
