# views_drf.py
# Django REST Framework views for search
from rest_framework.views import APIView
from rest_framework.response import Response
from rest_framework import status
from .search import FacetedSearchService
from .serializers import SearchResponseSerializer

class ProductSearchAPIView(APIView):
    """DRF API view for product search with facets"""

    def get(self, request):
        """
        Search for products with optional filters.

        Query params:
            q: Search query
            category: Category filter
            brand: Brand filter
            min_price: Minimum price
            max_price: Maximum price
            sort: Sort order
            page: Page number
            page_size: Page size
        """
        # Parse query parameters
        params = {
            'query': request.query_params.get('q'),
            'category': request.query_params.get('category'),
            'brand': request.query_params.get('brand'),
            'min_price': self._parse_float(request.query_params.get('min_price')),
            'max_price': self._parse_float(request.query_params.get('max_price')),
            'sort_by': request.query_params.get('sort', 'relevance'),
            'page': int(request.query_params.get('page', 1)),
            'page_size': min(int(request.query_params.get('page_size', 20)), 100),
        }

        # Execute search
        search_service = FacetedSearchService()
        results = search_service.search_with_facets(**params)

        # Serialize and return response
        serializer = SearchResponseSerializer(results)
        return Response(serializer.data)

    def _parse_float(self, value):
        """Safely parse a float value from query params"""
        if value is None:
            return None
        try:
            return float(value)
        except ValueError:
            return None
