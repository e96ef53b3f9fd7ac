"""The next test has the scene of the one before it, unless that one has changed its index."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from django.db import connection, transaction
from elasticsearch import Elasticsearch
from shop.models import Category, Product

from django_es_admin.indices.definition import get_definition
from django_es_admin.models import Generation
from tests import scenes
from tests.live import make_live

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        connection.vendor != "sqlite", reason="sequences of the others go on: no scene stays"
    ),
]


class Item:
    """A test, as far as scenes look at it."""

    def __init__(self, follows: "Item | None", file: str = "test_a.py") -> None:
        self.path = Path(file)
        self.fixturenames = ["shelf", scenes.FIXTURE]
        self.stash = pytest.Stash()
        self.stash[scenes.NEXT] = cast("pytest.Item | None", follows)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each time that the scene was made."""
    monkeypatch.setattr(scenes, "_made", {})
    made: list[str] = []
    return made


def run(
    item: Item, made: list[str], change: Callable[[], object] = lambda: None
) -> list[dict[str, Any]]:
    """Do what a test and its fixtures do; return the rows that it had."""

    def make() -> None:
        category = Category.objects.create(name="Shoes", slug="shoes")
        Product.objects.create(sku="A-1", name="Shoe", category=category, price="1.00")
        make_live(get_definition("products"))
        made.append(get_definition("products").alias)

    node = cast("pytest.Item", item)
    begin = transaction.savepoint()
    scenes.enter(node, "shelf", make)
    rows = [*Product.objects.values(), *Generation.objects.values()]
    assert len(rows) == 2
    change()
    transaction.savepoint_rollback(begin)
    return rows


def test_it_stays(es: Elasticsearch, prefix: str, made: list[str]) -> None:
    last = Item(None)
    second = Item(last)
    first = Item(second)
    rows = run(first, made, lambda: es.indices.create(index=f"{prefix}mine"))
    scenes.leave(cast("pytest.Item", first), es, prefix)
    assert not es.indices.exists(index=f"{prefix}mine")
    assert run(second, made) == rows
    scenes.leave(cast("pytest.Item", second), es, prefix)
    assert run(last, made) == rows
    assert len(made) == 1
    found = es.search(index=f"{prefix}products")["hits"]["hits"]
    assert [hit["_source"]["name"] for hit in found] == ["Shoe"]
    scenes.leave(cast("pytest.Item", last), es, prefix)
    assert es.indices.get(index=f"{prefix}*").body == {}


CHANGES: dict[str, Callable[[Elasticsearch, str], object]] = {
    "a document more": lambda es, index: es.index(index=index, document={"name": "Boot"}),
    "a document as it was": lambda es, index: [
        es.index(index=index, id=hit["_id"], document=hit["_source"])
        for hit in es.search(index=index)["hits"]["hits"]
    ],
    "a document less": lambda es, index: es.delete_by_query(index=index, query={"match_all": {}}),
    "an alias": lambda es, index: es.indices.put_alias(
        index=[*es.indices.get(index=index)], name=f"{index}-too"
    ),
    "a field": lambda es, index: es.indices.put_mapping(
        index=index, properties={"weight": {"type": "long"}}
    ),
    "a block": lambda es, index: es.indices.put_settings(
        index=index, settings={"index.blocks.write": True}
    ),
    "closed": lambda es, index: es.indices.close(index=index),
    "deleted": lambda es, index: es.indices.delete(index=[*es.indices.get(index=index)]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_that_a_test_has_changed_is_made_again(
    es: Elasticsearch, prefix: str, made: list[str], change: str
) -> None:
    second = Item(None)
    first = Item(second)
    run(first, made, lambda: CHANGES[change](es, f"{prefix}products"))
    scenes.leave(cast("pytest.Item", first), es, prefix)
    run(second, made)
    assert len(made) == 2
    assert es.count(index=f"{prefix}products")["count"] == 1


def test_other_rows_have_to_be_the_same(es: Elasticsearch, prefix: str, made: list[str]) -> None:
    last = Item(None)
    third = Item(last)
    second = Item(third)
    boots = Category.objects.create(name="Boots", slug="boots")
    for item in (Item(second), second):
        run(item, made)
        scenes.leave(cast("pytest.Item", item), es, prefix)
    assert len(made) == 1
    Category.objects.filter(pk=boots.pk).update(name="Rubber boots")
    run(third, made)
    scenes.leave(cast("pytest.Item", third), es, prefix)
    assert len(made) == 2
    boots.delete()
    run(last, made)
    assert len(made) == 3


@pytest.mark.parametrize("left", [["Sold"], []])
def test_rows_that_it_changes_are_changed_again(
    es: Elasticsearch, prefix: str, made: list[str], left: list[str]
) -> None:
    Category.objects.create(name="Boots", slug="boots")

    def make() -> None:
        Category.objects.update(name="Sold") if left else Category.objects.all().delete()
        made.append("once")

    second = Item(None)
    for item in (Item(second), second):
        node = cast("pytest.Item", item)
        begin = transaction.savepoint()
        scenes.enter(node, "shelf", make)
        assert [category.name for category in Category.objects.all()] == left
        transaction.savepoint_rollback(begin)
        scenes.leave(node, es, prefix)
    assert len(made) == 1


@pytest.mark.parametrize("other", ["none", "file", "fixture"])
def test_nothing_stays_for_a_test_that_has_no_such_scene(
    es: Elasticsearch, prefix: str, made: list[str], other: str
) -> None:
    follows = {"none": None, "file": Item(None, "test_b.py"), "fixture": Item(None)}[other]
    if follows and other == "fixture":
        follows.fixturenames = ["es"]
    first = Item(follows)
    run(first, made)
    scenes.leave(cast("pytest.Item", first), es, prefix)
    assert es.indices.get(index=f"{prefix}*").body == {}
