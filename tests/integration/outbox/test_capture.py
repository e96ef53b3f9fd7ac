"""Every kind of change reaches the index; what cannot matter costs nothing."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core import serializers
from django.db import IntegrityError, connection, transaction
from django.db.models.signals import post_save
from elasticsearch import Elasticsearch
from pytest_django import DjangoAssertNumQueries

from django_es_admin.documents import Document, fields, registry
from django_es_admin.exceptions import CaptureOutsideTransaction, KeyMissing, ModelNotIndexed
from django_es_admin.indices.definition import IndexDefinition, definition_of
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.capture import capture
from django_es_admin.outbox.capture.changes import capture_as_signals_would
from django_es_admin.outbox.rows.claim import claim, due
from tests.guide.models import Category, FlatProduct, Product, Review, Tag

Indexed = Callable[[], dict[str, Any]]


def make(name: str = "Boot", **values: Any) -> Product:
    return Product.objects.create(name=name, description="", price=1, **values)


def names(indexed: Indexed) -> set[str]:
    return {source["name"] for source in indexed().values()}


def waiting() -> int:
    return OutboxEntry.objects.filter(delete_sent=False).count()


def test_create_save_and_delete(indexed: Indexed) -> None:
    product = make()
    assert names(indexed) == {"Boot"}
    product.name = "Shoe"
    product.save()
    assert names(indexed) == {"Shoe"}
    product.delete()
    assert names(indexed) == set()
    assert waiting() == 0


def test_one_request_for_a_transaction(
    indexed: Indexed, es: Elasticsearch, definition: IndexDefinition
) -> None:
    before = bulk_requests(es, definition)
    with transaction.atomic():
        for n in range(30):
            make(f"Boot {n}")
    assert len(indexed()) == 30
    assert bulk_requests(es, definition) - before == 1
    assert waiting() == 0


def bulk_requests(es: Elasticsearch, definition: IndexDefinition) -> int:
    total: int = es.indices.stats(index=definition.alias, metric="bulk")["_all"]["total"]["bulk"][
        "total_operations"
    ]
    return total


def test_a_rolled_back_transaction_leaves_no_trace(indexed: Indexed) -> None:
    with suppress(IntegrityError), transaction.atomic():
        make()
        raise IntegrityError
    assert indexed() == {}
    assert not OutboxEntry.objects.exists()


def test_savepoints(indexed: Indexed) -> None:
    with transaction.atomic():
        make("kept")
        with suppress(IntegrityError), transaction.atomic():
            make("dropped")
            raise IntegrityError
        with transaction.atomic():
            make("inner")
    assert names(indexed) == {"kept", "inner"}
    assert waiting() == 0


def test_a_rolled_back_savepoint_takes_the_first_callback_with_it(indexed: Indexed) -> None:
    with transaction.atomic():
        with suppress(IntegrityError), transaction.atomic():
            make("dropped")
            raise IntegrityError
        make("kept")
    assert names(indexed) == {"kept"}


def test_cascade_and_queryset_delete(indexed: Indexed) -> None:
    category = Category.objects.create(name="Shoes", slug="shoes")
    make("a", category=category)
    make("b", category=category)
    make("c")
    make("d")
    category.delete()
    assert names(indexed) == {"c", "d"}
    Product.objects.filter(name="c").delete()
    assert names(indexed) == {"d"}


def test_many_to_many_in_all_directions(indexed: Indexed) -> None:
    one, two = make("one"), make("two")
    red, blue = Tag.objects.create(name="red"), Tag.objects.create(name="blue")

    def tags() -> dict[str, list[str]]:
        return {
            source["name"]: [tag["name"] for tag in source["tags"]] for source in indexed().values()
        }

    one.tags.add(red, blue)
    assert tags() == {"one": ["red", "blue"], "two": []}
    red.product_set.add(two)
    assert tags() == {"one": ["red", "blue"], "two": ["red"]}
    one.tags.remove(red)
    assert tags() == {"one": ["blue"], "two": ["red"]}
    blue.product_set.set([two])
    assert tags() == {"one": [], "two": ["red", "blue"]}
    red.product_set.clear()
    assert tags() == {"one": [], "two": ["blue"]}
    two.tags.clear()
    assert tags() == {"one": [], "two": []}
    one.tags.set([red])
    assert tags() == {"one": ["red"], "two": []}


def test_related_models(indexed: Indexed) -> None:
    category = Category.objects.create(name="Shoes", slug="shoes")
    tag = Tag.objects.create(name="new")
    product = make(category=category)
    product.tags.add(tag)
    category.name = "Boots"
    category.save()
    assert indexed()[str(product.pk)]["category"]["name"] == "Boots"
    tag.name = "old"
    tag.save()
    assert indexed()[str(product.pk)]["tags"][0]["name"] == "old"
    tag.delete()
    assert indexed()[str(product.pk)]["tags"] == []


@pytest.mark.usefixtures("definition")
def test_fields_that_the_document_does_not_read_cost_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    category = Category.objects.create(name="Shoes", slug="shoes")
    product = make(category=category)
    product.photo = "x.png"
    category.parent = None
    with transaction.atomic():
        with django_assert_num_queries(2):
            product.save(update_fields=["photo"])
            category.save(update_fields=["parent"])
        assert not OutboxEntry.objects.exists()
        product.save(update_fields=["name"])
        product.save(update_fields=["category_id"])
        category.save(update_fields=["slug"])
        assert OutboxEntry.objects.count() == 3


@pytest.mark.usefixtures("definition")
def test_models_that_no_document_reads_have_no_receivers() -> None:
    # Of a model that no test has ever declared a document for: receivers stay connected.
    assert not post_save.has_listeners(Session)
    assert post_save.has_listeners(Product)
    with transaction.atomic():
        Review.objects.create(product=make(), text="", stars=1)
        assert OutboxEntry.objects.count() == 1


def test_an_object_that_leaves_the_queryset_is_deleted(
    es: Elasticsearch, transactional_db: None
) -> None:
    definition = definition_of(registry.get_document("flat-products"))
    rebuild(plan_rebuild(definition))
    product = FlatProduct.objects.create(name="a", description="", price=1, sku="1")
    product.is_active = False
    product.save(update_fields=["is_active"])
    es.indices.refresh(index=definition.alias)
    assert es.count(index=definition.alias)["count"] == 0
    product.is_active = True
    product.save()
    es.indices.refresh(index=definition.alias)
    assert es.count(index=definition.alias)["count"] == 1


def test_a_failing_capture_leaves_the_row_unsaved(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("capture failed")

    monkeypatch.setattr("django_es_admin.outbox.capture.signals.record", fail)
    with pytest.raises(RuntimeError, match="capture failed"):
        make()
    assert not Product.objects.exists()


def test_fixtures_are_captured_in_a_transaction_only(indexed: Indexed) -> None:
    product = Product(pk=77, name="loaded", description="", price=1)
    text = serializers.serialize("json", [product])
    with pytest.raises(CaptureOutsideTransaction, match=r"transaction\.atomic"):
        next(iter(serializers.deserialize("json", text))).save()
    with transaction.atomic():
        next(iter(serializers.deserialize("json", text))).save()
    assert names(indexed) == {"loaded"}


def test_bulk_changes_are_captured_by_hand(indexed: Indexed) -> None:
    with transaction.atomic():
        made = Product.objects.bulk_create(
            [Product(name=f"b{n}", description="", price=1) for n in range(3)]
        )
        assert capture(made) == 3
    assert names(indexed) == {"b0", "b1", "b2"}
    with transaction.atomic():
        Product.objects.update(name="same")
        assert capture(Product.objects.all()) == 3
    assert names(indexed) == {"same"}


def test_manual_transactions_leave_rows_to_workers(indexed: Indexed) -> None:
    connection.set_autocommit(False)
    try:
        make()
        connection.commit()
    finally:
        connection.rollback()
        connection.set_autocommit(True)
    assert waiting() == 1
    assert OutboxEntry.objects.get().leased_until is None


def test_rows_whose_keys_are_not_known_are_left_to_workers_at_once(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on MySQL: an INSERT there tells no keys, so that nothing can be drained inline.
    monkeypatch.setattr(type(connection.features), "can_return_rows_from_bulk_insert", False)
    make("one")
    with transaction.atomic():
        make("two")
        make("three")
    assert waiting() == 3
    assert set(OutboxEntry.objects.values_list("leased_until", flat=True)) == {None}
    assert len(claim("default", due("default"), 10)) == 3


def test_instances_are_noted_in_few_statements(
    indexed: Indexed, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    made = Product.objects.bulk_create(
        Product(name=f"Boot {n}", description="", price=1) for n in range(200)
    )
    tag = Tag.objects.create(name="warm")
    with transaction.atomic(), django_assert_max_num_queries(10):
        assert capture([*made, tag, make("last")]) == 202
    assert len(indexed()) == 201


def test_instances_without_a_key_are_refused_loudly(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(connection.features), "can_return_rows_from_bulk_insert", False)
    with transaction.atomic():
        made = Product.objects.bulk_create([Product(name="Boot", description="", price=1)])
        with pytest.raises(KeyMissing, match="Set the key yourself"):
            capture(made)
        # What no document has anything to do with may lack it; nobody would call capture() for it.
        assert capture_as_signals_would([LogEntry()], "default") == 0
        with pytest.raises(ModelNotIndexed):
            capture([LogEntry()])
    assert not OutboxEntry.objects.exists()


@pytest.fixture
def category_document(es: Elasticsearch, transactional_db: None) -> Iterator[IndexDefinition]:
    """Categories with the names of their products: the relation is the products' own."""

    @registry.register_document
    class CategoryDocument(Document):
        name = fields.TextField()
        product_set = fields.NestedField(properties={"name": fields.KeywordField()})

        class Index:
            name = "categories"

        class Django:
            model = Category
            related_models = [Product]

        def get_instances_from_related(self, related_instance: Product) -> Category | None:
            return related_instance.category

    definition = definition_of(CategoryDocument)
    rebuild(plan_rebuild(definition))
    yield definition
    registry.unregister_document(CategoryDocument)


def test_a_moved_object_concerns_the_old_and_the_new_place(
    category_document: IndexDefinition, es: Elasticsearch
) -> None:
    old = Category.objects.create(name="old", slug="old")
    new = Category.objects.create(name="new", slug="new")
    product = make(category=old)

    def products() -> dict[str, int]:
        es.indices.refresh(index=category_document.alias)
        hits = es.search(index=category_document.alias)["hits"]["hits"]
        return {hit["_source"]["name"]: len(hit["_source"]["product_set"]) for hit in hits}

    assert products() == {"old": 1, "new": 0}
    stale = Product.objects.get(pk=product.pk)
    product.category = new
    product.save()
    assert products() == {"old": 0, "new": 1}
    # What this instance was loaded with is old: the row says where it is.
    stale.category = old
    stale.save(update_fields=["category"])
    assert products() == {"old": 1, "new": 0}
    product.refresh_from_db()
    product.delete()
    assert products() == {"old": 0, "new": 0}
