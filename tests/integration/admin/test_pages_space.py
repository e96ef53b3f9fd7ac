"""What takes up room, what can go, and one confirmation for all of it."""

import re

import pytest
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Product

from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, Operation
from tests import servers

from .test_pages_dashboard import dashboard, words
from .visitors import visitor

pytestmark = pytest.mark.django_db

URL = "/admin/elasticsearch/connection/default/space/"


def retire(es: Elasticsearch) -> str:
    """Rebuild until one generation is needed no more; return its name."""
    for _ in range(2):
        rebuild(plan_rebuild(get_definition("products")))
    retired = Generation.objects.filter(role="retired")
    retired.update(retired_at="2020-01-01T00:00:00Z")
    [name] = retired.values_list("name", flat=True)
    es.indices.flush(index=name)
    return name


def fingerprint(html: str) -> str:
    found = re.search(r'name="fingerprint" value="([^"]+)"', html)
    assert found
    return found[1]


def test_each_index_says_whether_it_can_go(
    rebuilt_products: list[Product], es: Elasticsearch, prefix: str
) -> None:
    name = retire(es)
    es.indices.create(index=f"{prefix}of-others", settings={"number_of_replicas": 0})
    client = visitor(superuser=True)
    assert f'href="{URL}"' in dashboard(client)
    html = client.get(URL).content.decode()
    said = words(html)
    assert re.search(rf"{name} products {name} \S+ \S+ \d yes : it is not searched", said)
    assert "no: is searched" in said
    assert "no: is what a rollback goes back to" in said
    assert f"{prefix}of-others unmanaged" in said
    assert "no: it is not registered" in said
    assert re.search(r"low \d+% no new replica is put on a node whose disk is fuller", said)
    assert re.search(r"1 generation can be deleted. This frees \d", said)


def test_nothing_goes_without_the_typed_name(
    rebuilt_products: list[Product], es: Elasticsearch
) -> None:
    name = retire(es)
    client = visitor(superuser=True)
    asked = {"fingerprint": fingerprint(client.get(URL).content.decode())}
    for typed, sent in (("", asked), ("products", asked), ("default", {"fingerprint": "0"})):
        response = client.post(URL, {**sent, "typed": typed})
        assert response.status_code == 409
        assert es.indices.exists(index=name)
    answer = client.post(URL, {**asked, "typed": "default"}, follow=True).content.decode()
    assert f"Deleted: <bdi>{name}</bdi>." in answer
    assert "There is nothing to delete" in answer
    assert not es.indices.exists(index=name)
    [operation] = Operation.objects.filter(kind="prune")
    assert operation.details["deleted"] == [name]
    assert operation.who.startswith("visitor-")


def test_who_may_not_delete_is_offered_nothing(
    rebuilt_products: list[Product], es: Elasticsearch
) -> None:
    name = retire(es)
    client = visitor("elasticsearch.view_index", "elasticsearch.view_connection")
    html = client.get(URL).content.decode()
    assert "Delete them" not in html
    assert client.post(URL, {"typed": "default"}).status_code == 403
    assert es.indices.exists(index=name)
    assert visitor("elasticsearch.view_connection").get(URL).status_code == 403


def test_builds_are_counted_where_somebody_asks(
    rebuilt_products: list[Product], es: Elasticsearch
) -> None:
    rebuild(plan_rebuild(get_definition("products"), swap=False))
    [build] = Generation.objects.filter(role="building").values_list("name", flat=True)
    client = visitor(superuser=True)
    assert "There is nothing to delete" in client.get(URL).content.decode()
    html = client.get(URL, {"builds": "1"}).content.decode()
    assert re.search(rf"{build} products {build} \S+ \S+ \d yes", words(html))
    sent = {"fingerprint": fingerprint(html), "typed": "default"}
    # The plan without builds is another one.
    assert client.post(URL, sent).status_code == 409
    assert client.post(f"{URL}?builds=1", sent).status_code == 302
    assert not es.indices.exists(index=build)


def test_what_a_block_means(rebuilt_products: list[Product], es: Elasticsearch) -> None:
    alias = get_definition("products").alias
    [name] = es.indices.get_alias(index=alias, name=alias)
    es.indices.put_settings(index=name, settings={"blocks.read_only_allow_delete": True})
    said = words(visitor(superuser=True).get(URL).content.decode())
    assert f"{name} is read-only: a disk was too full." in said


def test_a_connection_that_is_down_or_not_there(
    rebuilt_products: list[Product], es: Elasticsearch, settings: Settings
) -> None:
    name = retire(es)
    client = visitor(superuser=True)
    assert client.get(URL.replace("default", "nowhere")).status_code == 404
    with servers.refusing_port() as url:
        settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "HOSTS": [url]}}
        html = client.get(URL).content.decode()
        assert "unreachable" in html
        assert "Delete them" not in html
        assert client.post(URL, {"typed": "default"}).status_code == 200
    assert es.indices.exists(index=name)
