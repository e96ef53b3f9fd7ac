# search.py
# Basic search functionality using django-elasticsearch-dsl
from elasticsearch.dsl import Q
from .documents import ProductDocument

def search_products(query_string):
    """
    Perform a simple multi-match search across name and description.

    Args:
        query_string: The search terms from the user

    Returns:
        Search results as a queryset-like object
    """
    # Create a search object from the document
    search = ProductDocument.search()

    # Build a multi-match query that searches across multiple fields
    query = Q(
        'multi_match',
        query=query_string,
        fields=['name^3', 'description', 'brand^2'],  # Boost name and brand
        fuzziness='AUTO',  # Allow typos
        type='best_fields',  # Return best matching field score
    )

    # Apply the query and return results
    search = search.query(query)

    # Execute and return the response
    response = search.execute()

    return response

# search.py
# Advanced search with filtering, sorting, and pagination
from elasticsearch.dsl import Q, Search
from .documents import ProductDocument

class ProductSearchService:
    """Service class for handling product searches with various options"""

    def __init__(self):
        self.document = ProductDocument

    def search(
        self,
        query=None,
        category=None,
        brand=None,
        min_price=None,
        max_price=None,
        sort_by='relevance',
        page=1,
        page_size=20
    ):
        """
        Perform an advanced search with filters and pagination.

        Args:
            query: Search terms for full-text search
            category: Filter by category (exact match)
            brand: Filter by brand (exact match)
            min_price: Minimum price filter
            max_price: Maximum price filter
            sort_by: Sort option (relevance, price_asc, price_desc, newest)
            page: Page number for pagination
            page_size: Number of results per page

        Returns:
            Dict with results, total count, and pagination info
        """
        # Start with a base search
        search = self.document.search()

        search = self._apply_filters_and_query(
            search, query, category, brand, min_price, max_price
        )

        # Apply sorting
        search = self._apply_sorting(search, sort_by)

        # Calculate pagination offsets
        start = (page - 1) * page_size
        end = start + page_size

        # Apply pagination
        search = search[start:end]

        # Execute the search
        response = search.execute()

        # Return structured results
        return {
            'results': [hit.to_dict() for hit in response],
            'total': response.hits.total.value,
            'page': page,
            'page_size': page_size,
            'total_pages': (response.hits.total.value + page_size - 1) // page_size,
        }

    def _apply_filters_and_query(
        self,
        search,
        query=None,
        category=None,
        brand=None,
        min_price=None,
        max_price=None,
    ):
        # Only search active products
        search = search.filter('term', is_active=True)

        # Apply full-text search if query provided
        if query:
            search = search.query(
                Q('multi_match',
                    query=query,
                    fields=['name^3', 'description', 'brand^2'],
                    fuzziness='AUTO',
                    operator='and',  # All terms must match
                )
            )

        # Apply category filter
        if category:
            search = search.filter('term', category=category)

        # Apply brand filter
        if brand:
            search = search.filter('term', brand=brand)

        # Apply price range filter
        if min_price is not None or max_price is not None:
            price_filter = {}
            if min_price is not None:
                price_filter['gte'] = min_price
            if max_price is not None:
                price_filter['lte'] = max_price
            search = search.filter('range', price=price_filter)

        return search

    def _apply_sorting(self, search, sort_by):
        """Apply sorting based on the sort_by parameter"""
        sort_options = {
            'relevance': '_score',  # Default Elasticsearch relevance score
            'price_asc': 'price',
            'price_desc': '-price',
            'newest': '-created_at',
        }

        sort_field = sort_options.get(sort_by, '_score')
        return search.sort(sort_field)

# search.py
# Faceted search with aggregations for filters
from elasticsearch.dsl import A  # Aggregation builder

class FacetedSearchService(ProductSearchService):
    """Extended search service with faceting support"""

    def search_with_facets(self, sort_by='relevance', page=1, page_size=20, **kwargs):
        """
        Perform search and return results with facet counts.

        Facets show available filter options with counts,
        allowing users to refine their search.
        """
        # Build the base search
        search = self.document.search()

        # Apply filters and query (same as parent class)
        search = self._apply_filters_and_query(search, **kwargs)

        # Add aggregations for facets
        # Category facet: shows all categories with document counts
        search.aggs.bucket(
            'categories',
            A('terms', field='category', size=50)
        )

        # Brand facet: shows all brands with document counts
        search.aggs.bucket(
            'brands',
            A('terms', field='brand', size=50)
        )

        # Price range facet: groups products by price ranges
        search.aggs.bucket(
            'price_ranges',
            A('range', field='price', ranges=[
                {'to': 50, 'key': 'under_50'},
                {'from': 50, 'to': 100, 'key': '50_to_100'},
                {'from': 100, 'to': 200, 'key': '100_to_200'},
                {'from': 200, 'key': 'over_200'},
            ])
        )

        # Price statistics for displaying min/max prices
        search.aggs.metric(
            'price_stats',
            A('stats', field='price')
        )

        # Apply sorting and pagination (same as parent class)
        search = self._apply_sorting(search, sort_by)
        search = search[(page - 1) * page_size:page * page_size]

        # Execute search
        response = search.execute()

        # Parse aggregations into a clean format
        facets = self._parse_aggregations(response.aggregations)

        # Return results with facets
        return {
            'results': [{**hit.to_dict(), 'score': hit.meta.score} for hit in response],
            'total': response.hits.total.value,
            'page': page,
            'page_size': page_size,
            'total_pages': (response.hits.total.value + page_size - 1) // page_size,
            'facets': facets,
        }

    def _parse_aggregations(self, aggregations):
        """Convert Elasticsearch aggregations to a clean dict"""
        return {
            'categories': [
                {'name': bucket.key, 'count': bucket.doc_count}
                for bucket in aggregations.categories.buckets
            ],
            'brands': [
                {'name': bucket.key, 'count': bucket.doc_count}
                for bucket in aggregations.brands.buckets
            ],
            'price_ranges': [
                {'name': bucket.key, 'count': bucket.doc_count}
                for bucket in aggregations.price_ranges.buckets
            ],
            'price_stats': {
                'min': aggregations.price_stats.min,
                'max': aggregations.price_stats.max,
                'avg': aggregations.price_stats.avg,
            }
        }

# search.py
# Auto-complete functionality using completion suggester
from elasticsearch.dsl import Search

def get_autocomplete_suggestions(prefix, size=10):
    """
    Get auto-complete suggestions for product names.

    Args:
        prefix: The partial text typed by the user
        size: Maximum number of suggestions to return

    Returns:
        List of suggested product names
    """
    # Build a suggest query using the completion field
    search = ProductDocument.search()

    # Add a completion suggester
    search = search.suggest(
        'product_suggestions',  # Name of the suggestion
        prefix,  # The partial text to complete
        completion={
            'field': 'name.suggest',  # Use the completion field
            'size': size,
            'skip_duplicates': True,
            'fuzzy': {
                'fuzziness': 'AUTO',  # Allow typos in prefix
            }
        }
    )

    # Execute the search (we only want suggestions, not hits)
    response = search.execute()

    # Extract suggestions from response
    suggestions = []
    if hasattr(response, 'suggest') and response.suggest.product_suggestions:
        for suggestion in response.suggest.product_suggestions:
            for option in suggestion.options:
                suggestions.append({
                    'text': option.text,
                    'score': option._score,
                })

    return suggestions


def get_search_suggestions(query, size=5):
    """
    Get search suggestions including spell corrections.

    Uses Elasticsearch's phrase suggester to handle typos
    and provide "did you mean" functionality.
    """
    search = ProductDocument.search()

    # Phrase suggester for spell correction
    search = search.suggest(
        'did_you_mean',
        query,
        phrase={
            'field': 'name',
            'size': size,
            'gram_size': 3,
            'direct_generator': [{
                'field': 'name',
                'suggest_mode': 'popular',
            }],
            'highlight': {
                'pre_tag': '<em>',
                'post_tag': '</em>',
            }
        }
    )

    response = search.execute()

    # Extract phrase suggestions
    corrections = []
    if hasattr(response, 'suggest') and response.suggest.did_you_mean:
        for suggestion in response.suggest.did_you_mean:
            for option in suggestion.options:
                corrections.append({
                    'text': option.text,
                    'highlighted': option.highlighted if hasattr(option, 'highlighted') else option.text,
                    'score': option.score,
                })

    return corrections

# search.py
# Optimized search queries
from elasticsearch.dsl import Search

def optimized_search(query, page=1, page_size=20):
    """
    Optimized search with source filtering and highlighting.
    """
    search = ProductDocument.search()

    # Only return the fields we need (reduces network transfer)
    search = search.source(
        includes=['name', 'price', 'category', 'brand', 'sku'],
        excludes=['description']  # Exclude large fields if not needed
    )

    # Add query
    if query:
        search = search.query(
            'multi_match',
            query=query,
            fields=['name^3', 'description', 'brand^2'],
            fuzziness='AUTO',
        )

    # Add highlighting for matched terms
    search = search.highlight(
        'name',
        'description',
        pre_tags=['<mark>'],
        post_tags=['</mark>'],
        fragment_size=150,
        number_of_fragments=3,
    )

    # Apply pagination
    start = (page - 1) * page_size
    search = search[start:start + page_size]

    # Execute and process results
    response = search.execute()

    results = []
    for hit in response:
        result = hit.to_dict()

        # Add highlights if available
        if hasattr(hit.meta, 'highlight'):
            result['highlights'] = dict(hit.meta.highlight)

        results.append(result)

    return {
        'results': results,
        'total': response.hits.total.value,
    }

# Force refresh after updates
from elasticsearch.dsl import connections

def force_refresh_index():
    """Force Elasticsearch to make recent changes searchable"""
    es = connections.get_connection()
    es.indices.refresh(index=ProductDocument._index._name)

# search.py
# Resilient search with error handling
from elasticsearch.exceptions import ConnectionError, RequestError

def resilient_search(query):
    """Search with proper error handling"""
    try:
        service = ProductSearchService()
        return service.search(query=query)
    except ConnectionError:
        # Elasticsearch is unavailable
        # Fall back to database search or return empty results
        return {
            'results': [],
            'total': 0,
            'error': 'Search service temporarily unavailable',
        }
    except RequestError as e:
        # Invalid query syntax
        return {
            'results': [],
            'total': 0,
            'error': f'Invalid search query: {str(e)}',
        }
