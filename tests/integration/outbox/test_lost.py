"""Changes that were once lost, found by the torture; each needs something unlikely to happen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.core import serializers
from django.db import connection, transaction
from django.db.models import Model
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields, registry
from django_es_admin.indices.definition import IndexDefinition, definition_of
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drainers.worker import drain_due
from tests.guide.models import Category, Product, Tag

Indexed = Callable[[], dict[str, Any]]


def make(name: str = "Boot", **values: Any) -> Product:
    return Product.objects.create(name=name, description="", price=1, **values)


class Undo(Exception):
    pass


def test_rows_of_a_rolled_back_savepoint_are_not_acknowledged(
    indexed: Indexed, settings: Any
) -> None:
    # SQLite gives the ids of rows that were rolled back to the next rows.
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_MAX_OBJECTS": 2}
    with transaction.atomic():
        make("first")
        with suppress(Undo), transaction.atomic():
            make("dropped")
            raise Undo
        make("second")
        make("third")
    drain_due()
    assert {source["name"] for source in indexed().values()} == {"first", "second", "third"}


def test_rows_of_a_savepoint_that_was_rolled_back_by_hand(indexed: Indexed, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_MAX_OBJECTS": 2}
    with transaction.atomic():
        make("first")
        savepoint = transaction.savepoint()
        make("dropped")
        transaction.savepoint_rollback(savepoint)
        make("second")
        make("third")
    drain_due()
    assert {source["name"] for source in indexed().values()} == {"first", "second", "third"}


@pytest.mark.usefixtures("definition")
def test_a_delete_is_sent_twice_though_a_savepoint_revived_its_object() -> None:
    product = make()
    key = product.pk
    with transaction.atomic():
        product.delete()
        with suppress(Undo), transaction.atomic():
            make("revived", pk=key)
            raise Undo
    assert list(OutboxEntry.objects.values_list("key", "delete_sent")) == [(str(key), True)]
    assert not Product.objects.exists()


@pytest.fixture
def shelves(es: Elasticsearch, transactional_db: None) -> Iterator[Callable[[], dict[str, Any]]]:
    """Categories with their products and all tags of these, by a method of the document."""

    @registry.register_document
    class ShelfDocument(Document):
        name = fields.TextField()
        content = fields.KeywordField()

        class Index:
            name = "shelves"

        class Django:
            model = Category
            related_models = [Product, Tag]

        def prepare_content(self, instance: Category) -> list[str]:
            return [
                " ".join([product.name, *(tag.name for tag in product.tags.order_by("pk"))])
                for product in instance.product_set.order_by("pk")
            ]

        def get_instances_from_related(self, related_instance: Model) -> Any:
            if isinstance(related_instance, Product):
                return related_instance.category
            return Category.objects.filter(product__tags=related_instance)

    definition: IndexDefinition = definition_of(ShelfDocument)
    rebuild(plan_rebuild(definition))

    def read() -> dict[str, Any]:
        drain_due()
        es.indices.refresh(index=definition.alias)
        hits = es.search(index=definition.alias)["hits"]["hits"]
        return {hit["_source"]["name"]: hit["_source"]["content"] for hit in hits}

    yield read
    registry.unregister_document(ShelfDocument)


def shelf(name: str) -> Category:
    return Category.objects.create(name=name, slug=name)


def test_the_place_that_a_document_finds_by_a_method_is_left(shelves: Indexed) -> None:
    old, new = shelf("old"), shelf("new")
    product = make(category=old)
    assert shelves() == {"old": ["Boot"], "new": []}
    product.category = new
    product.save()
    assert shelves() == {"old": [], "new": ["Boot"]}


def test_an_instance_that_is_deleted_may_be_older_than_its_row(shelves: Indexed) -> None:
    old, new = shelf("old"), shelf("new")
    stale = make(category=old)
    product = Product.objects.get()
    product.category = new
    product.save()
    assert shelves() == {"old": [], "new": ["Boot"]}
    stale.delete()
    assert shelves() == {"old": [], "new": []}


def test_an_instance_that_is_deleted_may_have_been_changed_without_a_save(
    shelves: Indexed,
) -> None:
    product = make(category=shelf("place"))
    assert shelves() == {"place": ["Boot"]}
    product.category = None
    product.delete()
    assert shelves() == {"place": []}


def test_a_row_may_be_moved_by_an_instance_that_was_never_loaded(shelves: Indexed) -> None:
    old, new = shelf("old"), shelf("new")
    product = make(category=old)
    assert shelves() == {"old": ["Boot"], "new": []}
    Product(pk=product.pk, name="Boot", price=1, category=new).save()
    assert shelves() == {"old": [], "new": ["Boot"]}
    text = serializers.serialize(
        "json", [Product(pk=product.pk, name="Boot", category=old, price=1)]
    )
    with transaction.atomic():
        next(iter(serializers.deserialize("json", text))).save()
    assert shelves() == {"old": ["Boot"], "new": []}


@contextmanager
def no_foreign_key(model: type[Model], name: str) -> Iterator[None]:
    """Let a field lead to a row that is gone."""
    if connection.vendor == "sqlite":
        with connection.constraint_checks_disabled():
            yield
        return
    table, field = model._meta.db_table, model._meta.get_field(name)
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table).items()
        [key] = [k for k, v in found if v["foreign_key"] and v["columns"] == [field.column]]
        cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{key}"')
        try:
            yield
        finally:
            cursor.execute(
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{key}" FOREIGN KEY ("{field.column}") '
                f'REFERENCES "{field.related_model._meta.db_table}" DEFERRABLE INITIALLY DEFERRED'
            )


def test_what_a_related_object_leads_to_may_be_gone(shelves: Indexed) -> None:
    place = shelf("place")
    product = make(category=place)
    stale = Product.objects.get()
    # A worker that picked the change of a product finds its category deleted: here it never was.
    with no_foreign_key(Product, "category"):
        Category.objects.filter(pk=place.pk)._raw_delete("default")
        product.save()
        drain_due()
        stale.delete()
    assert not OutboxEntry.objects.filter(delete_sent=False).exists()


def test_relations_two_steps_away_from_either_side(shelves: Indexed) -> None:
    product = make(category=shelf("place"))
    red = Tag.objects.create(name="red")
    product.tags.add(red)
    assert shelves() == {"place": ["Boot red"]}
    red.product_set.remove(product)
    assert shelves() == {"place": ["Boot"]}
    red.product_set.add(product)
    assert shelves() == {"place": ["Boot red"]}
    red.product_set.clear()
    assert shelves() == {"place": ["Boot"]}
    red.product_set.set([product])
    assert shelves() == {"place": ["Boot red"]}
    product.tags.clear()
    assert shelves() == {"place": ["Boot"]}


def test_a_link_concerns_what_reads_across_it_alone(indexed: Indexed, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    product, other = make(), make("other")
    red = Tag.objects.create(name="red")
    other.tags.add(red)
    drain_due()
    product.tags.add(red)
    red.product_set.remove(product)
    # The other product carries the tag, and reads nothing of who carries it, too.
    assert list(OutboxEntry.objects.values_list("kind", "key")) == [("object", str(product.pk))] * 2


def test_a_document_that_reads_its_own_kind_across_a_relation(
    es: Elasticsearch, transactional_db: None
) -> None:
    @registry.register_document
    class LabelDocument(Document):
        name = fields.KeywordField()
        product_set = fields.NestedField(
            properties={"tags": fields.NestedField(properties={"name": fields.KeywordField()})}
        )

        class Index:
            name = "labels"

        class Django:
            model = Tag
            related_models = [Product]

        def get_instances_from_related(self, related_instance: Product) -> Any:
            return related_instance.tags.all()

    definition = definition_of(LabelDocument)
    rebuild(plan_rebuild(definition))

    def beside() -> dict[str, int]:
        drain_due()
        es.indices.refresh(index=definition.alias)
        hits = es.search(index=definition.alias)["hits"]["hits"]
        return {
            hit["_source"]["name"]: sum(len(p["tags"]) for p in hit["_source"]["product_set"])
            for hit in hits
        }

    try:
        product = make()
        red, blue = Tag.objects.create(name="red"), Tag.objects.create(name="blue")
        product.tags.add(red)
        assert beside() == {"red": 1, "blue": 0}
        blue.product_set.add(product)
        assert beside() == {"red": 2, "blue": 2}
        blue.product_set.remove(product)
        assert beside() == {"red": 1, "blue": 0}
    finally:
        registry.unregister_document(LabelDocument)
