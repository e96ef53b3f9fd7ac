"""One object in an index that gives back its document in another form than it was sent."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from shop.models import Product

from django_es_admin.documents.reading.prepared import Prepared
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.indices.source.kept import read_kept
from django_es_admin.lifecycle.verify.content import look_again
from django_es_admin.outbox.objects.read import read_keys
from django_es_admin.status.compared_object import compare_object

from .test_pages_compare import show

pytestmark = pytest.mark.django_db(transaction=True)

VECTOR = [0.1, 0.2, 1 / 3]


def indexed_with(
    es: Elasticsearch,
    key: str,
    mappings: Mapping[str, Any],
    *,
    settings: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Index an object again, in a generation with other mappings or settings."""
    definition = get_definition("products")
    [name] = es.indices.get_alias(index=definition.alias, name=definition.alias).body
    source = es.get(index=name, id=key)["_source"]
    declared = dict(definition.mappings)
    es.indices.delete(index=name)
    es.indices.create(
        index=name,
        mappings={
            **declared,
            **mappings,
            "properties": {**declared["properties"], **mappings.get("properties", {})},
        },
        settings={**definition.settings, **(settings or {})},
        aliases={definition.alias: {}},
    )
    es.index(index=name, id=key, document={**source, **(more or {})}, refresh=True)


def verified(key: str) -> str | None:
    """Return how es_verify finds it."""
    definition = get_definition("products")
    [name] = definition.connection.client.indices.get_alias(
        index=definition.alias, name=definition.alias
    ).body
    kept = read_kept(definition.connection, name)
    return look_again(definition, name, kept, [key]).get(key)


@pytest.fixture
def key(products: list[Product]) -> str:
    return str(products[0].pk)


@pytest.fixture
def vectors(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let each product have a vector, which a test may change."""
    vector = list(VECTOR)

    def read(definition: IndexDefinition, keys: Iterable[str]) -> list[Prepared]:
        return [
            one._replace(source={**one.source, "vector": vector}) if one.source else one
            for one in read_keys(definition, keys)
        ]

    for module in ("status.compared_object", "lifecycle.verify.content"):
        monkeypatch.setattr(f"django_es_admin.{module}.read_keys", read)
    return vector


def test_a_vector_is_compared_though_the_source_leaves_it_out(
    es: Elasticsearch, key: str, vectors: list[float]
) -> None:
    field = {"vector": {"type": "dense_vector", "dims": 3}}
    indexed_with(es, key, {"properties": field}, more={"vector": VECTOR})
    assert verified(key) is None
    text = show(key)
    assert "indexed, and up to date" in text
    assert "differs" not in text
    vectors[0] = 0.9
    assert verified(key) == "stale"
    assert "vector differs" in show(key)


def test_a_synthetic_source_is_no_difference(es: Elasticsearch, key: str) -> None:
    indexed_with(es, key, {}, settings={"index.mapping.source.mode": "synthetic"})
    assert verified(key) is None
    text = show(key)
    assert "indexed, and up to date" in text
    assert "differs" not in text
    Product._base_manager.filter(pk=key).update(price="1.50")
    assert verified(key) == "stale"
    text = show(key)
    assert "indexed, but differs" in text
    assert "price differs" in text
    # The mark, and the word in the sentence.
    assert text.count(" differs ") == 2


@pytest.mark.parametrize("source", [{"excludes": ["price"]}, {"includes": ["name", "sku"]}])
def test_what_is_left_out_is_no_difference(
    es: Elasticsearch, key: str, source: dict[str, Any]
) -> None:
    indexed_with(es, key, {"_source": source})
    assert verified(key) is None
    assert "differs" not in show(key)
    Product._base_manager.filter(pk=key).update(name="Renamed")
    assert "name differs" in show(key)


def test_without_a_source_nothing_is_said(es: Elasticsearch, key: str) -> None:
    indexed_with(es, key, {"_source": {"enabled": False}})
    text = show(key)
    assert "indexed; it is not known whether it is up to date" in text
    assert "differs" not in text
    compared = compare_object(get_definition("products"), key)
    assert not compared.comparable
    assert not compared.differs


def test_an_index_that_gives_back_what_it_was_sent_is_asked_once(
    es: Elasticsearch, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("It was asked how it keeps documents.")

    monkeypatch.setattr("django_es_admin.status.compared_object.read_kept", never)
    assert not compare_object(get_definition("products"), key).differs
