"""Documents beside the shop's own: a filter, a method, and relations read backwards.

Those of the indices that take part in a run are registered.
"""

from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet
from shop.models import Category, Product, Tag

from django_es_admin.documents import Document, fields, registry
from tests.torture.changes import TRIGGERS


class OfferDocument(Document):
    """Active products only: an inactive one has to disappear."""

    name = fields.TextField()
    shelf = fields.TextField()

    class Index:
        name = "offers"
        settings = {"number_of_shards": 1, "number_of_replicas": 0}

    class Django:
        model = Product
        related_models = [Category]

    def get_queryset(self) -> QuerySet[Product]:
        return super().get_queryset().filter(is_active=True)

    def prepare_shelf(self, instance: Product) -> str:
        return f"{instance.category.name} ({instance.category.slug})"

    def get_instances_from_related(self, related_instance: Model) -> QuerySet[Product]:
        assert isinstance(related_instance, Category)
        return related_instance.product_set.all()


class ShelfDocument(Document):
    """A category with its products and their tags: a product that moves changes two shelves."""

    name = fields.TextField()
    words = fields.KeywordField()
    product_set = fields.NestedField(
        properties={"id": fields.IntegerField(), "name": fields.TextField()}
    )

    class Index:
        name = "shelves"
        settings = {"number_of_shards": 1, "number_of_replicas": 0}

    class Django:
        model = Category
        related_models = [Product, Tag]

    def prepare_words(self, instance: Category) -> list[str]:
        return sorted({tag.name for one in instance.product_set.all() for tag in one.tags.all()})

    def get_instances_from_related(self, related_instance: Model) -> Any:
        if isinstance(related_instance, Product):
            return related_instance.category
        return Category.objects.filter(product__tags=related_instance)


class LabelDocument(Document):
    """A tag with the products that carry it."""

    name = fields.TextField()
    product_set = fields.NestedField(
        properties={"id": fields.IntegerField(), "name": fields.TextField()}
    )

    class Index:
        name = "labels"
        settings = {"number_of_shards": 1, "number_of_replicas": 0}

    class Django:
        model = Tag
        related_models = [Product]

    def get_instances_from_related(self, related_instance: Model) -> QuerySet[Any]:
        assert isinstance(related_instance, Product)
        return related_instance.tags.all()


for document in (OfferDocument, ShelfDocument, LabelDocument):
    if document._index._name in settings.ES_INDICES:
        registry.register_document(document)
if TRIGGERS:
    for every in registry.get_documents():
        # As if all of them, the shop's too, were declared so.
        object.__setattr__(every.django, "capture", "triggers")
