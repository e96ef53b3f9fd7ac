# documents.py
# Document with nested objects and related models
from django_es_admin.dsl import Document, fields
from django_es_admin.dsl.registries import registry
from .models import Product, Category, Tag

@registry.register_document
class ProductDocument(Document):
    """Document with related model support"""

    # Main text fields
    name = fields.TextField(
        fields={'raw': fields.KeywordField()}
    )
    description = fields.TextField()

    # Related model: Category (ForeignKey)
    # Use ObjectField for nested representation
    category = fields.ObjectField(
        properties={
            'id': fields.IntegerField(),
            'name': fields.TextField(
                fields={'raw': fields.KeywordField()}
            ),
            'slug': fields.KeywordField(),
        }
    )

    # Related model: Tags (ManyToMany)
    # Use NestedField for array of objects
    tags = fields.NestedField(
        properties={
            'id': fields.IntegerField(),
            'name': fields.TextField(
                fields={'raw': fields.KeywordField()}
            ),
        }
    )

    price = fields.FloatField()
    is_active = fields.BooleanField()

    class Index:
        name = 'products_with_relations'
        settings = {
            'number_of_shards': 1,
            'number_of_replicas': 0,
        }

    class Django:
        model = Product

        # Watch these related models for changes
        # When a Category is updated, re-index all related Products
        related_models = [Category, Tag]

    def get_instances_from_related(self, related_instance):
        """
        Return Product instances when a related model changes.
        This ensures the index stays in sync with related changes.
        """
        if isinstance(related_instance, Category):
            # Return all products in this category
            return related_instance.product_set.all()
        elif isinstance(related_instance, Tag):
            # Return all products with this tag
            return related_instance.product_set.all()
        return []
