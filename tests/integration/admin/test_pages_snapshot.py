"""What the pages share of what Elasticsearch said, and what they show where it says nothing."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from elastic_transport import ConnectionError as Refused
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Product

from django_es_admin import connections
from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, RowCount
from django_es_admin.status import snapshot
from tests import servers
from tests.attempts import noted_attempts

from .test_pages_dashboard import dashboard, table
from .visitors import visitor

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTS = "default_3Aproducts"


class Between:
    """A server before Elasticsearch that can be switched off; it counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    @property
    def probes(self) -> int:
        """How often somebody asked how the cluster is."""
        return sum(path.startswith("/_cluster/health") for path in self.asked)


@pytest.fixture
def between(es: Elasticsearch, prefix: str, settings: Settings) -> Iterator[Between]:
    [node] = es.transport.node_pool.all()
    seen = Between()

    def watch(method: str, path: str, sent: bytes) -> None:
        seen.asked.append(path)

    with servers.standing_between(node.base_url, watch) as url:
        settings.ES_SERVERS = {"default": {"HOSTS": [url], "INDEX_PREFIX": prefix}}
        yield seen


def address(tab: str) -> str:
    return reverse(f"admin:elasticsearch_index_{tab}", args=[PRODUCTS])


def page(client: Client, tab: str) -> str:
    return unescape(client.get(address(tab)).content.decode())


@pytest.fixture
def down(es: Elasticsearch) -> Iterator[Callable[[], None]]:
    """Give what lets the connection answer no more, at the same address."""

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise Refused("refused")

    with pytest.MonkeyPatch.context() as patch:

        def stop() -> None:
            for node in connections["default"].client.transport.node_pool.all():
                patch.setattr(node, "perform_request", refuse)

        yield stop


def test_five_dashboards_ask_as_one(
    rebuilt_products: list[Product], between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "SECONDS", 5.0)
    client = visitor(superuser=True)
    texts = [dashboard(client) for _ in range(5)]
    assert between.probes == 1
    assert len({tuple(table(text, "connections")) for text in texts}) == 1
    # The page of an index shows the same.
    page(client, "change")
    page(client, "generations")
    assert between.probes == 1


def test_drift_is_seen_right_after_the_dashboard(
    rebuilt_products: list[Product],
    between: Between,
    es: Elasticsearch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snapshot, "SECONDS", 5.0)
    RowCount.objects.all().delete()
    client = visitor(superuser=True)
    dashboard(client)
    alias = get_definition("products").alias
    connections["default"].client.delete(index=alias, id=str(rebuilt_products[0].pk), refresh=True)
    assert "1 document is missing" in page(client, "change")
    # The next tabs count neither rows nor documents again.
    between.asked.clear()
    page(client, "change")
    assert not [path for path in between.asked if "_msearch" in path]
    assert between.probes == 0


def test_dashboards_at_one_time_ask_once(
    rebuilt_products: list[Product], between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "SECONDS", 5.0)
    found: list[snapshot.Snapshot] = []

    def ask() -> None:
        found.append(snapshot.look([connections["default"]], 5.0)["default"])
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert between.probes == 1
    assert len({each.taken for each in found}) == 1


def test_who_began_to_ask_and_died_stops_nobody(
    rebuilt_products: list[Product], between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "SECONDS", 5.0)
    [key] = [snapshot._key(connections["default"])]
    cache.add(f"{key}:turn", 1, 60)
    # It waits for as long as it gives the cluster, which may be busy.
    assert snapshot.look([connections["default"]], 1.5)["default"].answer.health.available
    assert between.probes == 1


def test_rights_are_those_of_who_asks(
    rebuilt_products: list[Product], between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "SECONDS", 5.0)
    dashboard(visitor(superuser=True))
    client = visitor("elasticsearch.view_connection")
    assert 'id="indices"' not in dashboard(client)
    assert between.probes == 1


def test_what_one_does_is_seen_at_once(
    rebuilt_products: list[Product], between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "SECONDS", 5.0)
    client = visitor(superuser=True)
    text = page(client, "refresh")
    dashboard(client)
    mark = re.search(r'name="fingerprint" value="(\w+)"', text)
    assert mark
    client.post(address("refresh"), {"fingerprint": mark[1]})
    dashboard(client)
    assert between.probes == 2


def test_the_pages_of_a_project_s_tests_share_nothing(
    rebuilt_products: list[Product], between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "SECONDS", 5.0)
    client = visitor(superuser=True)
    dashboard(client)
    snapshot.ask_anew(connections.all())
    dashboard(client)
    dashboard(client)
    assert between.probes == 3


def test_a_cache_that_fails_costs_no_page(
    rebuilt_products: list[Product], settings: Settings
) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache"}
    }
    assert "green" in " ".join(table(dashboard(), "indices"))


def test_a_page_waits_briefly_for_what_was_silent_a_moment_ago(
    es: Elasticsearch, prefix: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    [node] = es.transport.node_pool.all()

    def waited() -> float:
        """Return for how long a look would wait for the connection."""
        with noted_attempts() as attempts:
            snapshot.look([connections["default"]], 1.0)
        return max(attempt.seconds for attempt in attempts.all)

    with servers.hanging() as dead:
        settings.ES_SERVERS = {"default": {"HOSTS": [dead], "INDEX_PREFIX": prefix}}
        assert waited() == pytest.approx(1.0, abs=0.1)
        assert waited() < 0.45
        assert waited() < 0.45
        # It may only be slow, so it gets all of its time now and then.
        monkeypatch.setattr(snapshot, "_PATIENCE", timedelta(0))
        assert waited() == pytest.approx(1.0, abs=0.1)
    settings.ES_SERVERS = {"default": {"HOSTS": [node.base_url], "INDEX_PREFIX": prefix}}
    # One that answers has all of its time, however often it is asked.
    assert waited() > 0.9
    assert waited() > 0.9


def test_what_was_known_last_is_shown_as_such(
    rebuilt_products: list[Product], down: Callable[[], None]
) -> None:
    client = visitor(superuser=True)
    rebuild(plan_rebuild(get_definition("products")))
    live = Generation.objects.get(role="live").name
    dashboard(client)
    down()
    text = dashboard(client)
    [row] = [row for row in table(text, "indices") if row.startswith("products ")]
    assert re.search(r"green as of \d\d:\d\d:\d\d 3 ", row)
    assert "esa-stale" in text
    text = page(client, "generations")
    assert re.search(rf"{live}</th>\s*<td[^>]*><strong>live</strong>", text)
    assert "was live" not in text
    assert "Delete…" not in text
    for name in ("prune", "rebuild", "swap"):
        assert f'href="{address(name)}"' not in text
    assert "These are the last known values" in text


def test_nothing_known_is_not_no(rebuilt_products: list[Product], down: Callable[[], None]) -> None:
    client = visitor(superuser=True)
    rebuild(plan_rebuild(get_definition("products")))
    live = Generation.objects.get(role="live").name
    down()
    text = page(client, "generations")
    assert re.search(rf"{live}</th>\s*<td[^>]*><strong>live</strong>", text)
    assert "was live" not in text
    assert "Delete…" not in text
