"""The tutorials' documents: nothing but the import of the library is changed."""

from django_es_admin.documents import Document, fields, registry

from .models import Category, FlatProduct, Product, Tag


@registry.register_document
class FlatProductDocument(Document):
    name = fields.TextField(
        attr="name",
        fields={
            "raw": fields.KeywordField(),
            "suggest": fields.CompletionField(),
        },
    )
    description = fields.TextField(
        attr="description",
        fields={
            "raw": fields.KeywordField(),
        },
    )
    category = fields.KeywordField(attr="category")
    brand = fields.KeywordField(attr="brand")
    sku = fields.KeywordField(attr="sku")
    price = fields.FloatField(attr="price")
    is_active = fields.BooleanField(attr="is_active")
    created_at = fields.DateField(attr="created_at")

    class Index:
        name = "flat-products"
        settings = {
            "number_of_shards": 1,
            "number_of_replicas": 0,
            "analysis": {
                "analyzer": {
                    "default": {
                        "type": "standard",
                        "stopwords": "_english_",
                    }
                }
            },
        }

    class Django:
        model = FlatProduct
        fields = []
        queryset_pagination = 1000
        ignore_signals = False
        auto_refresh = False
        related_models = []

    def get_queryset(self):
        return super().get_queryset().filter(is_active=True)


@registry.register_document
class ProductDocument(Document):
    name = fields.TextField(fields={"raw": fields.KeywordField()})
    description = fields.TextField()
    category = fields.ObjectField(
        properties={
            "id": fields.IntegerField(),
            "name": fields.TextField(fields={"raw": fields.KeywordField()}),
            "slug": fields.KeywordField(),
        }
    )
    tags = fields.NestedField(
        properties={
            "id": fields.IntegerField(),
            "name": fields.TextField(fields={"raw": fields.KeywordField()}),
        }
    )
    price = fields.FloatField()
    is_active = fields.BooleanField()

    class Index:
        name = "products_with_relations"
        settings = {
            "number_of_shards": 1,
            "number_of_replicas": 0,
        }

    class Django:
        model = Product
        related_models = [Category, Tag]

    def get_instances_from_related(self, related_instance):
        if isinstance(related_instance, Category):
            return related_instance.product_set.all()
        elif isinstance(related_instance, Tag):
            return related_instance.product_set.all()
        return []
