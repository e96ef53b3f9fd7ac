"""Each page on which one can act says by label and colour which cluster that is."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Product

from django_es_admin.models import Judgement, Operation, OutboxEntry, Promotion, Synonym

from .visitors import visitor

pytestmark = pytest.mark.django_db(transaction=True)

LABEL = re.compile(r'class="esa-label esa-red" title="PRODUCTION">PRODUCTION<')
INDEX = ["default_3Aproducts"]


@pytest.fixture
def client(es: Elasticsearch, settings: Settings) -> Client:
    server: dict[str, Any] = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {"default": {**server, "LABEL": "PRODUCTION", "COLOR": "red"}}
    return visitor(superuser=True)


@pytest.fixture
def operation(db: None) -> Operation:
    return Operation.objects.create(
        connection="default",
        index="products",
        kind="rebuild",
        leased_until=timezone.now() + timedelta(minutes=1),
        host="elsewhere",
    )


def labels(html: str) -> int:
    """Return how often the label stands in what the page is about."""
    return len(LABEL.findall(html[html.index("<main") : html.index("</main")]))


@pytest.mark.parametrize("page", ["change", "mapping", "generations", "operations", "rebuild"])
def test_pages_of_an_index(client: Client, products: list[Product], page: str) -> None:
    html = client.get(reverse(f"admin:elasticsearch_index_{page}", args=INDEX)).content.decode()
    assert labels(html)


def test_operations(client: Client, operation: Operation) -> None:
    page = reverse("admin:elasticsearch_operation_change", args=[f"default_3A{operation.pk}"])
    assert labels(client.get(page).content.decode()) == 2
    listed = reverse("admin:elasticsearch_operation_changelist")
    assert labels(client.get(listed).content.decode()) == 1


def test_an_operation_of_a_connection_that_is_gone(client: Client, operation: Operation) -> None:
    Operation.objects.update(connection="former")
    page = reverse("admin:elasticsearch_operation_change", args=[f"default_3A{operation.pk}"])
    assert "esa-grey" in client.get(page).content.decode()


def test_rows_of_the_outbox(client: Client, products: list[Product]) -> None:
    row = OutboxEntry.objects.create(connection="default", index="products", key="7")
    listed = reverse("admin:elasticsearch_outboxentry_changelist")
    # One in the summary for each index, and one for the row.
    before = labels(client.get(f"{listed}?state=parked").content.decode())
    assert before
    assert labels(client.get(listed).content.decode()) == before + 1
    data = {"action": "discard_selected", "_selected_action": [row.pk], "index": "0"}
    assert labels(client.post(listed, data).content.decode()) == 1


def test_rows_that_searches_go_by(client: Client) -> None:
    named = {"index": "products", "words": "trail", "key": "1"}
    made: dict[str, Any] = {
        "judgement": Judgement.objects.create(**named, search="all fields", grade=1),
        "promotion": Promotion.objects.create(**named),
        "synonym": Synonym.objects.create(name="shop", rule="a, b"),
    }
    for name, row in made.items():
        listed = reverse(f"admin:elasticsearch_{name}_changelist")
        assert labels(client.get(listed).content.decode()) == 1, name
        # A choice has no colour, but says which it is.
        if name != "synonym":
            url = reverse(f"admin:elasticsearch_{name}_change", args=[row.pk])
            assert "PRODUCTION (default)</option>" in client.get(url).content.decode()


def test_the_admin_of_the_model(client: Client, products: list[Product]) -> None:
    listed = reverse("admin:shop_product_changelist")
    assert labels(client.get(listed).content.decode()) == 1
    assert labels(client.post(listed, {"_reindex_all": "1"}).content.decode()) == 1
    page = reverse("admin:shop_product_change", args=[products[0].pk])
    # At the button and at the panel.
    assert labels(client.get(page).content.decode()) == 2


def test_the_dashboard_of_one_who_sees_indices_only(
    client: Client, products: list[Product], operation: Operation
) -> None:
    seer = visitor("elasticsearch.view_index", "elasticsearch.rebuild_index")
    html = seer.get(reverse("admin:app_list", args=["elasticsearch"])).content.decode()
    # At the head of the indices, and at what runs.
    assert labels(html) == 2
