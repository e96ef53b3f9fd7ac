"""What the cluster says of an index: its shards and why some are nowhere, its templates."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from elasticsearch import Elasticsearch
from shop.models import Product

from django_es_admin.admin.pages.index.shards import shards_state
from django_es_admin.indices.definition import get_definition
from django_es_admin.indices.shards import Explanation, Shard, Shards
from django_es_admin.lifecycle.rebuild import plan_rebuild, rebuild

from .test_pages_dashboard import words
from .visitors import visitor

pytestmark = pytest.mark.django_db


def tab(name: str) -> str:
    url = reverse(f"admin:elasticsearch_index_{name}", args=["default_3Aproducts"])
    response = visitor(superuser=True).get(url)
    assert response.status_code == 200
    return words(response.content.decode())


def test_where_the_shards_are(rebuilt_products: list[Product], es: Elasticsearch) -> None:
    alias = get_definition("products").alias
    [first] = es.indices.get_alias(name=alias)
    rebuild(plan_rebuild(get_definition("products")))
    [second] = es.indices.get_alias(name=alias)
    # It looks like one by its first letters alone.
    es.indices.create(index=f"{alias}-of-others", settings={"number_of_replicas": 0})
    es.indices.put_settings(index=alias, settings={"number_of_replicas": 0})
    es.indices.put_settings(index=first, settings={"number_of_replicas": 0})
    said = tab("shards")
    assert "Each shard is on a node." in said
    assert f"{first} 0 primary started" in said
    assert f"{second} 0 primary started" in said
    assert "of-others" not in said


def test_a_replica_without_a_second_node(products: list[Product], es: Elasticsearch) -> None:
    es.indices.put_settings(
        index=get_definition("products").alias, settings={"number_of_replicas": 2}
    )
    said = tab("shards")
    assert (
        "yellow because 2 replicas are on no node (there is no further node to put it on): "
        "nothing is lost, but a node that fails is not covered" in said
    )
    assert "replica unassigned" in said
    assert "same_shard:" in said


def test_a_primary_that_no_node_may_hold(products: list[Product], es: Elasticsearch) -> None:
    es.indices.put_settings(
        index=get_definition("products").alias,
        settings={"index.routing.allocation.require._name": "nowhere", "number_of_replicas": 1},
    )
    assert "no node fits the allocation filters of the index" in tab("shards")


@pytest.mark.parametrize(
    ("deciders", "why"),
    [
        ({"disk_threshold": "too full"}, " (no node has room: its disk is above a watermark)"),
        ({"some_new_rule": "It says no."}, " (It says no)"),
        ({}, " (It is complicated)"),
    ],
)
def test_a_red_index_says_what_is_missing(deciders: dict[str, str], why: str) -> None:
    gone = Shard("products-1", 0, True, "UNASSIGNED", None, None, "", "NODE_LEFT")
    replica = Shard("products-1", 0, False, "UNASSIGNED", None, None, "", "NODE_LEFT")
    explanation = Explanation(gone, "It is complicated.", deciders)
    state = shards_state(Shards((replica, gone), explanation, ()))
    assert state.text == (
        f"red because 1 primary shard is on no node{why}: its documents are not found until it is "
        f"back"
    )


@pytest.fixture
def templates(es: Elasticsearch, prefix: str) -> Iterator[None]:
    """Two templates whose patterns fit the products, one for something else, and a policy."""
    # The guard of the tests lets no template be written.
    [node] = es.transport.node_pool.all()
    es = Elasticsearch(node.base_url)
    names = [f"{prefix}low", f"{prefix}high", f"{prefix}other"]
    try:
        for place, (name, pattern) in enumerate(
            zip(names, ("products-*", "products*", "others-*"), strict=True)
        ):
            es.indices.put_index_template(
                name=name,
                index_patterns=[f"{prefix}{pattern}"],
                priority=900 + place,
                template={"settings": {"index.refresh_interval": "7s"}},
            )
        yield
    finally:
        for name in names:
            es.options(ignore_status=404).indices.delete_index_template(name=name)
        es.close()


@pytest.mark.usefixtures("templates")
def test_templates_that_apply(products: list[Product], prefix: str) -> None:
    said = tab("policies")
    assert f"{prefix}high {prefix}products* 901 — to each new generation" in said
    assert f"{prefix}low {prefix}products-* 900 — no: one of a higher priority does" in said
    assert f"{prefix}other" not in said
    assert "7s" in said


def test_no_template_applies(products: list[Product]) -> None:
    said = tab("policies")
    assert "No index template of the cluster applies to it." in said


@pytest.mark.parametrize("name", ["shards", "policies"])
def test_an_index_that_is_missing(es: Elasticsearch, name: str) -> None:
    assert "There is no generation: the index was never built." in tab(name)
