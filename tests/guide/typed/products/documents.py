# documents.py
# Elasticsearch document definition for the Product model
from django_es_admin.dsl import Document, fields
from django_es_admin.dsl.registries import registry
from .models import Product

@registry.register_document
class ProductDocument(Document):
    """
    Elasticsearch document for Product model.
    Maps model fields to Elasticsearch field types for optimal search.
    """

    # Text fields with analyzers for full-text search
    name = fields.TextField(
        attr='name',
        fields={
            'raw': fields.KeywordField(),  # For exact matching and sorting
            'suggest': fields.CompletionField(),  # For auto-complete
        }
    )

    description = fields.TextField(
        attr='description',
        fields={
            'raw': fields.KeywordField(),  # For exact matching
        }
    )

    # Keyword fields for filtering and aggregations
    category = fields.KeywordField(attr='category')
    brand = fields.KeywordField(attr='brand')
    sku = fields.KeywordField(attr='sku')

    # Numeric fields
    price = fields.FloatField(attr='price')

    # Boolean field for filtering active products
    is_active = fields.BooleanField(attr='is_active')

    # Date fields
    created_at = fields.DateField(attr='created_at')

    class Index:
        # Name of the Elasticsearch index
        name = 'products'

        # Index settings for analysis and performance
        settings = {
            'number_of_shards': 1,
            'number_of_replicas': 0,
            'analysis': {
                'analyzer': {
                    'default': {
                        'type': 'standard',
                        'stopwords': '_english_',
                    }
                }
            }
        }

    class Django:
        model = Product  # The Django model associated with this Document

        # Fields to index from the model (besides those defined above)
        fields = []

        # Only index active products
        queryset_pagination = 1000  # Batch size for indexing

        # Ignore auto-syncing and handle manually
        # Set to True to enable automatic signal-based indexing
        ignore_signals = False

        # Don't perform an index refresh after every update
        # Set to True for better write performance
        auto_refresh = False

        # Related models to watch for changes
        related_models = []

    def get_queryset(self):
        """
        Override to customize which objects get indexed.
        Only index active products for this example.
        """
        return super().get_queryset().filter(is_active=True)
