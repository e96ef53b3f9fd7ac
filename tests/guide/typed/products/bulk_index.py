# bulk_index.py
# Efficient bulk indexing for large datasets
from django.core.management.base import BaseCommand
from elasticsearch.helpers import bulk
from elasticsearch.dsl import connections
from products.documents import ProductDocument
from products.models import Product

def bulk_index_products(batch_size=1000):
    """
    Bulk index all products for better performance.

    Much faster than indexing one document at a time,
    especially for initial data loads or rebuilds.
    """
    # Get Elasticsearch connection
    es = connections.get_connection()

    # Generator function for bulk indexing
    def generate_actions():
        # Iterate over products in batches
        queryset = Product.objects.filter(is_active=True)

        for product in queryset.iterator(chunk_size=batch_size):
            # Convert model instance to Elasticsearch document
            doc = ProductDocument()
            doc_dict = doc.prepare(product)

            # Yield the action for bulk indexing
            yield {
                '_index': ProductDocument._index._name,
                '_id': product.pk,
                '_source': doc_dict,
            }

    # Perform bulk indexing
    success, failed = bulk(
        es.options(request_timeout=300),  # 5 minute timeout for large batches
        generate_actions(),
        chunk_size=batch_size,
    )

    print(f"Successfully indexed: {success}")
    print(f"Failed: {failed}")

    return success, failed
