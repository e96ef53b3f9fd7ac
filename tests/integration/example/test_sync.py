"""What the shop changes, the index follows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from elasticsearch import Elasticsearch
from shop.models import Category, Product

from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def indexed(es: Elasticsearch) -> Callable[[], dict[str, Any]]:
    definition = get_definition("products")
    rebuild(plan_rebuild(definition))

    def read() -> dict[str, Any]:
        es.indices.refresh(index=definition.alias)
        hits = es.search(index=definition.alias, size=1000)["hits"]["hits"]
        return {hit["_source"]["sku"]: hit["_source"] for hit in hits}

    return read


def test_a_loaded_catalogue_is_in_the_index(
    indexed: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    call_command("load_catalogue", count=50, verbosity=0)
    found = indexed()
    assert len(found) == 50
    product = Product.objects.exclude(tags=None).first()
    assert product is not None
    tags = [tag["name"] for tag in found[product.sku]["tags"]]
    assert sorted(tags) == sorted(product.tags.values_list("name", flat=True))
    assert not OutboxEntry.objects.exists()


def test_a_renamed_category(indexed: Callable[[], dict[str, Any]]) -> None:
    call_command("load_catalogue", count=50, verbosity=0)
    category = Category.objects.exclude(product=None).first()
    assert category is not None
    category.name = "Renamed"
    category.save()
    renamed = [s for s in indexed().values() if s["category"]["name"] == "Renamed"]
    assert len(renamed) == category.product_set.count()
