"""A router that reads from a replica: documents are made from the database that is written to."""

from collections.abc import Iterator
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields, registry
from django_es_admin.indices.definition import IndexDefinition, definition_of
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from tests.guide.models import Category, Product, Tag

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


class Replica:
    """Reads from a database that nothing has reached yet."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "other"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"

    def allow_relation(self, *objects: Any, **hints: Any) -> bool:
        return True


@pytest.fixture
def definition(es: Elasticsearch, settings: Any) -> Iterator[IndexDefinition]:
    """An index of products: tags are prefetched, and a method asks for the category by itself."""
    settings.DATABASE_ROUTERS = [Replica()]

    @registry.register_document
    class ReplicaDocument(Document):
        tags = fields.NestedField(properties={"name": fields.KeywordField()})
        place = fields.KeywordField()

        class Index:
            name = "replica"

        class Django:
            model = Product
            related_models = [Category, Tag]

        def prepare_place(self, instance: Product) -> str:
            return Category.objects.get(pk=instance.category_id).name

        def get_instances_from_related(self, related_instance: Category | Tag) -> Any:
            return [*related_instance.product_set.all()]

    yield definition_of(ReplicaDocument)
    registry.unregister_document(ReplicaDocument)


def test_drains_and_loads_read_what_was_written(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    def document() -> Any:
        es.indices.refresh(index=definition.alias)
        [hit] = es.search(index=definition.alias)["hits"]["hits"]
        return hit["_source"]

    rebuild(plan_rebuild(definition))
    category = Category.objects.create(name="old", slug="a")
    product = Product.objects.create(name="a", description="", price=1, category=category)
    tag = Tag.objects.create(name="red")
    product.tags.add(tag)
    assert document() == {"tags": [{"name": "red"}], "place": "old"}
    category.name = "new"
    category.save()
    assert document() == {"tags": [{"name": "red"}], "place": "new"}
    rebuild(plan_rebuild(definition))
    assert document() == {"tags": [{"name": "red"}], "place": "new"}
    tag.delete()
    assert document() == {"tags": [], "place": "new"}
