"""What reindexing says of what it did, and where a refused document is seen."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from shop.models import Product

from django_es_admin.admin.pages.index import IndexAdmin
from django_es_admin.models import Generation, Operation, OutboxEntry, RefusedDocument
from django_es_admin.outbox.drain import breaker
from django_es_admin.outbox.rows.refused import remember
from django_es_admin.status.status import get_status
from tests import servers

from .test_pages_dashboard import dashboard
from .visitors import visitor

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "admin:shop_product_changelist"
TOO_LONG = "x" * 33_000


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub("</?bdi>", "", html))).split())


def compare(key: object) -> str:
    return f"{reverse('admin:elasticsearch_index_compare', args=['default_3Aproducts'])}?key={key}"


def select(client: Client, *products: Product) -> str:
    data = {"action": "reindex_selected", "_selected_action": [each.pk for each in products]}
    return client.post(reverse(LIST), data, follow=True).content.decode()


@pytest.fixture
def client() -> Client:
    return visitor(superuser=True)


@pytest.fixture
def poison(products: list[Product]) -> Product:
    """The first product has a text that no keyword can hold."""
    Product._base_manager.filter(pk=products[0].pk).update(brand=TOO_LONG)
    Product._base_manager.filter(pk=products[1].pk).update(name="New")
    return products[0]


def test_the_action_says_what_was_written_and_what_was_refused(
    client: Client, products: list[Product], poison: Product
) -> None:
    html = select(client, *products[:2])
    text = words(html)
    assert "1 object was written to the index. 1 object was refused: " in text
    assert "immense term" in text
    assert 'class="error"' in html
    url = unescape(re.findall(r'href="([^"]+)">See the outbox', html)[0])
    assert str(poison.pk) in words(client.get(url).content.decode())
    operation = Operation.objects.latest("pk")
    assert {k: operation.details[k] for k in ("objects", "written", "waiting", "refused")} == {
        "objects": 2,
        "written": 1,
        "waiting": 0,
        "refused": 1,
    }


def test_the_page_and_the_panel_say_so(client: Client, poison: Product) -> None:
    html = client.post(compare(poison.pk), follow=True).content.decode()
    text = words(html)
    assert "1 object was refused: " in text
    assert re.search(r"refused: .*immense term", text[text.index("Object ") :])
    assert "indexed, but differs" not in text
    panel = words(
        client.get(reverse("admin:shop_product_change", args=[poison.pk])).content.decode()
    )
    assert re.search(r"In Elasticsearch: products \S+ refused: .*immense term", panel)
    assert "indexed, but differs" not in panel


def test_the_button_of_the_object_says_so(client: Client, poison: Product) -> None:
    url = reverse("admin:shop_product_reindex", args=[poison.pk])
    assert "1 object was refused: " in words(client.post(url, follow=True).content.decode())


def test_it_is_a_problem_from_its_first_refusal(client: Client, poison: Product) -> None:
    select(client, poison)
    [problem] = get_status(["products"]).indices[0].problems
    assert (problem.kind, problem.level, problem.mends) == ("outbox-refused", "error", ())
    html = dashboard(client)
    assert "1 change was refused, and is tried again. See why" in words(html)
    assert "state=refused" in html


def test_no_worker_is_asked_for_what_was_refused(client: Client, poison: Product) -> None:
    select(client, poison)
    OutboxEntry.objects.update(created_at="2026-01-01T00:00Z")
    assert [each.kind for each in get_status(["products"]).indices[0].problems] == [
        "outbox-refused"
    ]


def test_the_reason_is_for_those_who_may_read_documents(
    client: Client, poison: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        IndexAdmin, "has_view_documents_permission", lambda self, request, index: False
    )
    text = words(select(client, poison))
    assert "1 object was refused." in text
    assert "immense" not in text


def test_what_waits_as_elasticsearch_is_down(
    client: Client, products: list[Product], settings: Settings
) -> None:
    with servers.refusing_port() as url:
        settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "HOSTS": [url]}}
        html = select(client, *products)
        breaker.reset()
    assert "3 objects wait, because Elasticsearch does not answer: nothing is lost." in words(html)
    assert "written to the index" not in html
    assert OutboxEntry.objects.count() == 3


def test_what_waits_for_a_worker(
    client: Client, products: list[Product], settings: Settings
) -> None:
    settings.ES_ADMIN = {"SYNC": "worker"}
    assert "3 objects wait for the next drain." in words(select(client, *products))


def test_what_the_live_mapping_cannot_hold_is_refused_too(
    client: Client, products: list[Product]
) -> None:
    live = Generation.objects.get(role="live")
    remember("default", live.pk, {str(products[2].pk): "mapper of another kind"}, 1)
    Product._base_manager.filter(pk=products[2].pk).update(name="New")
    text = words(client.get(compare(products[2].pk)).content.decode())
    assert "refused: mapper of another kind" in text
    # Once it is there as it should be, nothing is refused.
    assert "1 object was written" in words(select(client, products[2]))
    assert not RefusedDocument.objects.exists()
    assert "indexed, and up to date" in words(client.get(compare(products[2].pk)).content.decode())
