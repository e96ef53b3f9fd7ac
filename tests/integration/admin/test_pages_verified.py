"""Compare now: asked for by a button, listed on the page of the operation, and written again."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Product

from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.verify.plan import plan_verify
from django_es_admin.lifecycle.verify.verify import verify
from django_es_admin.models import Difference, Operation, OutboxEntry
from django_es_admin.status.status import get_status

from .test_pages_dashboard import dashboard, words
from .visitors import visitor

pytestmark = pytest.mark.django_db(transaction=True)

INDEX = "default_3Aproducts"


def spoil(products: list[Product], es: Elasticsearch) -> None:
    """One document is missing, one differs, one has no object."""
    alias = get_definition("products").alias
    es.delete(index=alias, id=str(products[0].pk))
    es.index(index=alias, id=str(products[1].pk), document={"name": "Something else"})
    es.index(index=alias, id="404", document={"name": "Nobody's"}, refresh=True)


def compare(client: Client, **asked: str) -> str:
    """Press the button; return the address of the operation."""
    url = reverse("admin:elasticsearch_index_verify", args=[INDEX])
    plan = client.get(url, asked).content.decode()
    found = re.search(r'name="fingerprint" value="([^"]+)"', plan)
    assert found
    query = "?" + "&".join(f"{name}={value}" for name, value in asked.items())
    response = client.post(url + query, {"fingerprint": found[1]})
    assert response.status_code == 302
    return str(response["Location"])


def test_what_differs_is_listed_and_written_again(
    products: list[Product], es: Elasticsearch
) -> None:
    spoil(products, es)
    client = visitor(superuser=True)
    url = compare(client)
    html = client.get(url).content.decode()
    said = words(html)
    assert ": 3. Missing: 1; different: 1; documents without an object: 1;" in said
    assert f"{products[0].name} {products[0].pk} has no document Compare" in said
    assert "has an outdated document" in said
    assert "404 has no object" in said
    assert "Reindex these (3)" in html
    assert f'href="{reverse("admin:shop_product_change", args=[products[0].pk])}"' in html
    # It wrote nothing by itself.
    assert not OutboxEntry.objects.exists()
    again = url.replace("/change/", "/reindex/")
    answer = client.post(again, follow=True).content.decode()
    assert "3 objects were written to the index." in answer
    last = client.get(compare(client)).content.decode()
    assert "3 objects were compared: all are in" in words(last)
    assert "Reindex these" not in last


def test_line_ends_alone_are_no_difference(products: list[Product], es: Elasticsearch) -> None:
    alias = get_definition("products").alias
    Product._base_manager.update(description="One\r\ntwo")
    for product in products:
        es.update(index=alias, id=str(product.pk), doc={"description": "One\ntwo"}, refresh=True)
    client = visitor(superuser=True)
    assert "3 objects were compared: all are in" in words(
        client.get(compare(client)).content.decode()
    )
    es.update(index=alias, id=str(products[0].pk), doc={"description": "One\n two"}, refresh=True)
    assert "different: 1;" in words(client.get(compare(client)).content.decode())


def test_the_dashboard_and_the_index_say_what_was_found_and_when(
    products: list[Product], es: Elasticsearch
) -> None:
    client = visitor(superuser=True)
    page = reverse("admin:elasticsearch_index_change", args=[INDEX])
    assert "Compared never" in words(client.get(page).content.decode())
    definition = get_definition("products")
    verify(plan_verify(definition))
    for text in (dashboard(client), client.get(page).content.decode()):
        assert re.search(r"equal compared \d+ s ago", words(text))
    spoil(products, es)
    verify(plan_verify(definition, ids=True))
    [status] = get_status(["products"]).indices
    assert status.verification is not None
    for text in (dashboard(client), client.get(page).content.decode()):
        assert re.search(r"1 missing, 1 without an object compared \d+ s ago", words(text))


def test_keys_are_for_those_who_may_see_the_documents(
    products: list[Product], es: Elasticsearch
) -> None:
    spoil(products, es)
    verify(plan_verify(get_definition("products")))
    operation = Operation.objects.get(kind="verify")
    url = reverse("admin:elasticsearch_operation_change", args=[f"default_3A{operation.pk}"])
    few = visitor("elasticsearch.view_index", "elasticsearch.reindex_objects")
    html = few.get(url).content.decode()
    assert "You do not have the right to see which objects differ." in html
    assert products[0].name not in html
    # Who may reindex may write them again nevertheless, all of them unseen.
    assert "Reindex these (3)" in html
    seer = visitor("elasticsearch.view_index", "shop.view_product")
    html = seer.get(url).content.decode()
    assert products[0].name in html
    assert "Reindex these" not in html
    assert seer.post(url.replace("/change/", "/reindex/")).status_code == 403


def test_many_are_shown_page_by_page(products: list[Product]) -> None:
    verify(plan_verify(get_definition("products")))
    operation = Operation.objects.get(kind="verify")
    operation.details |= {"missing": 130, "kept": 120}
    operation.save()
    Difference.objects.bulk_create(
        Difference(operation=operation, key=f"<{number}>", kind="missing") for number in range(120)
    )
    url = reverse("admin:elasticsearch_operation_change", args=[f"default_3A{operation.pk}"])
    client = visitor(superuser=True)
    first = client.get(url).content.decode()
    assert "120 objects differ (10 more were counted, but their keys were not kept)" in words(first)
    assert "&lt;49&gt;" in first
    assert "&lt;50&gt;" not in first
    assert "<0>" not in first
    for page in ("3", "99", "9999999999", "-1", "x"):
        html = client.get(url, {"p": page}).content.decode()
        assert ("&lt;119&gt;" in html) == (page in ("3", "99"))


def test_a_comparison_that_takes_long_needs_a_worker(
    products: list[Product], settings: Settings
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_MAX_OBJECTS": 2}
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    url = reverse("admin:elasticsearch_index_verify", args=[INDEX])
    html = visitor(superuser=True).get(url).content.decode()
    assert "About 3 objects to compare: that is too much for one request" in words(html)
    assert 'value="Compare" disabled' in html


def test_connections_that_only_read_offer_no_writing(
    products: list[Product], es: Elasticsearch, settings: Settings
) -> None:
    spoil(products, es)
    verify(plan_verify(get_definition("products")))
    operation = Operation.objects.get(kind="verify")
    server = {**settings.ES_SERVERS["default"], "READONLY": True}
    settings.ES_SERVERS = {"default": server}
    url = reverse("admin:elasticsearch_operation_change", args=[f"default_3A{operation.pk}"])
    client = visitor(superuser=True)
    assert "disabled" in client.get(url).content.decode()
    assert client.post(url.replace("/change/", "/reindex/")).status_code == 302
    assert not OutboxEntry.objects.exists()
