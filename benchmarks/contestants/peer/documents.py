"""The index of the shop's products, with the same fields as `shop.documents`."""

from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet
from django_elasticsearch_dsl import Document, fields
from django_elasticsearch_dsl.registries import registry
from shop.documents import ProductDocument as Ours
from shop.models import Category, Product, Tag


class MendedDocument(Document):
    """A document whose fields reach the index (the library's issue 505).

    Since 9.4, the client stores a value that is assigned to such an attribute as the value of a
    field. The library reads the empty list of the class instead, and indexes `{}`.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_prepared_fields":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)


@registry.register_document
class ProductDocument(MendedDocument):
    """The same index as `shop.documents.ProductDocument`."""

    name = fields.TextField(
        fields={"raw": fields.KeywordField(), "suggest": fields.CompletionField()}
    )
    description = fields.TextField(fields={"raw": fields.KeywordField()})
    category = fields.ObjectField(
        properties={
            "id": fields.IntegerField(),
            "name": fields.TextField(fields={"raw": fields.KeywordField()}),
            "slug": fields.KeywordField(),
        }
    )
    brand = fields.KeywordField(fields={"text": fields.TextField()})
    sku = fields.KeywordField()
    tags = fields.NestedField(
        properties={
            "id": fields.IntegerField(),
            "name": fields.TextField(fields={"raw": fields.KeywordField()}),
        }
    )
    price = fields.FloatField()
    is_active = fields.BooleanField()
    created_at = fields.DateField()
    updated_at = fields.DateField()

    class Index:
        """The name and the analysis of the index."""

        name = f"{settings.INDEX_PREFIX}products"
        settings = Ours.Index.settings

    class Django:
        """The model of the documents."""

        model = Product
        related_models = [Category, Tag]

    def get_instances_from_related(self, related_instance: Model) -> QuerySet[Product]:
        """Return the products to index again when a category or a tag has changed."""
        found: QuerySet[Product] = related_instance.product_set.all()
        return found
