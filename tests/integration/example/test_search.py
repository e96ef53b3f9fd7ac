"""The search box of the shop's products, from a catalogue to ranked results."""

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch
from shop.models import Category, Product

from django_es_admin.indices.definition import get_definition
from tests.live import make_live

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("indexed")]

PRODUCTS = "admin:shop_product_changelist"


@pytest.fixture
def indexed(es: Elasticsearch) -> None:
    """A made-up catalogue, in the database and in the index."""
    call_command("load_catalogue", "--count=300", verbosity=0)
    plain = Product.objects.order_by("sku").first()
    assert plain is not None
    plain.name, plain.description, plain.brand = "Zeppelin", "A dirigible.", "Luftwerk"
    plain.save()
    said = Product.objects.order_by("sku").last()
    assert said is not None
    said.description = "Better than any zeppelin."
    said.save()
    make_live(get_definition("products"))


def found(client: Client, words: str, **query: str) -> list[Product]:
    response = client.get(reverse(PRODUCTS), {"q": words, **query})
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


def test_a_word_in_the_name_ranks_above_one_in_the_description(admin_client: Client) -> None:
    names = [product.name for product in found(admin_client, "zeppelin")]
    assert len(names) == 2
    assert names[0] == "Zeppelin"


def test_a_word_of_a_brand_and_a_sku_are_found(admin_client: Client) -> None:
    zeppelin = Product.objects.get(name="Zeppelin")
    assert found(admin_client, "luftwerk") == [zeppelin]
    assert found(admin_client, zeppelin.sku) == [zeppelin]


def test_a_misspelt_word_is_found(admin_client: Client) -> None:
    assert "Zeppelin" in [product.name for product in found(admin_client, "zepelin")]


def test_filters_and_columns_work_on_what_was_found(admin_client: Client) -> None:
    shoes = Category.objects.get(name="Shoes")
    running = found(admin_client, "running shoes", category__id__exact=str(shoes.pk))
    assert running
    assert {product.category for product in running} == {shoes}
    by_price = [product.price for product in found(admin_client, "running shoes", o="-4")]
    assert len(by_price) >= len(running)
    assert by_price == sorted(by_price, reverse=True)


def test_nothing_is_found_for_a_word_that_nobody_wrote(admin_client: Client) -> None:
    assert found(admin_client, "xylophagous") == []
