# views.py
# Django views for search functionality
from django.views import View
from django.http import JsonResponse
from .search import ProductSearchService, FacetedSearchService

class ProductSearchView(View):
    """API view for product search"""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.search_service = FacetedSearchService()

    def get(self, request):
        """
        Handle GET requests for product search.

        Query parameters:
            q: Search query string
            category: Filter by category
            brand: Filter by brand
            min_price: Minimum price
            max_price: Maximum price
            sort: Sort option (relevance, price_asc, price_desc, newest)
            page: Page number
            page_size: Results per page
        """
        # Extract query parameters
        query = request.GET.get('q', '')
        category = request.GET.get('category')
        brand = request.GET.get('brand')
        min_price = request.GET.get('min_price')
        max_price = request.GET.get('max_price')
        sort_by = request.GET.get('sort', 'relevance')
        page = int(request.GET.get('page', 1))
        page_size = int(request.GET.get('page_size', 20))

        # Convert price parameters to float if provided
        if min_price:
            min_price = float(min_price)
        if max_price:
            max_price = float(max_price)

        # Perform the search with facets
        results = self.search_service.search_with_facets(
            query=query,
            category=category,
            brand=brand,
            min_price=min_price,
            max_price=max_price,
            sort_by=sort_by,
            page=page,
            page_size=page_size,
        )

        return JsonResponse(results)


class AutocompleteView(View):
    """API view for auto-complete suggestions"""

    def get(self, request):
        """Return auto-complete suggestions for partial input"""
        prefix = request.GET.get('q', '')

        if len(prefix) < 2:
            # Require at least 2 characters
            return JsonResponse({'suggestions': []})

        from .search import get_autocomplete_suggestions
        suggestions = get_autocomplete_suggestions(prefix)

        return JsonResponse({'suggestions': suggestions})
