"""An index of a few products, for the pages."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from django.db import transaction
from django.test import override_settings
from shop.models import Category, Product, Tag

from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry
from tests.live import make_live
from tests.scenes import SceneOf


@pytest.fixture(scope="module", autouse=True)
def _addresses(request: pytest.FixtureRequest) -> Iterator[None]:
    """Serve the addresses that a file names as ``URLS``.

    ``pytest.mark.urls`` does it for each test, and Django then compiles some 600 addresses anew.
    """
    name = getattr(request.module, "URLS", None)
    with override_settings(ROOT_URLCONF=name) if name else nullcontext():
        yield


@pytest.fixture
def products(scene_of: SceneOf) -> list[Product]:
    """Three products in the database and in a live index."""

    def make() -> None:
        make_products()
        make_live(get_definition("products"))
        OutboxEntry.objects.all().delete()

    scene_of("products", make)
    return list(Product.objects.select_related("category").order_by("pk"))


@pytest.fixture
def rebuilt_products(scene_of: SceneOf) -> list[Product]:
    """The same, by a rebuild, which has left its record."""

    def make() -> None:
        make_products()
        rebuild(plan_rebuild(get_definition("products")))
        # The test's transaction never commits, so that nothing has drained what is loaded already.
        OutboxEntry.objects.all().delete()

    scene_of("rebuilt_products", make)
    return list(Product.objects.select_related("category").order_by("pk"))


@transaction.atomic
def make_products() -> list[Product]:
    """Save three products, in one transaction: what drains after it drains once."""
    category = Category.objects.create(name="Shoes", slug="shoes")
    made = [
        Product.objects.create(
            sku=f"A-{number}",
            name=f"Trail shoe {number}",
            description="A shoe for stony paths, with a sole that lasts.",
            brand="Northpath",
            price="99.50",
            category=category,
        )
        for number in range(3)
    ]
    made[0].tags.add(Tag.objects.create(name="outdoor"))
    return made
