"""The shop's search as JSON."""

from django_es_admin import views
from shop.search import FacetedSearchService


class ProductSearchView(views.SearchView):
    """Products, with facets."""

    service_class = FacetedSearchService


class AutocompleteView(views.AutocompleteView):
    """Names of products, while somebody types."""

    service_class = FacetedSearchService
