"""The shop's search with Django REST Framework."""

from django_es_admin import rest
from shop.search import FacetedSearchService
from shop.serializers import SearchResponseSerializer


class ProductSearchAPIView(rest.SearchAPIView):
    """Products, with facets; open to everybody."""

    authentication_classes = ()
    service_class = FacetedSearchService
    serializer_class = SearchResponseSerializer


class AutocompleteAPIView(rest.AutocompleteAPIView):
    """Names of products, while somebody types; open to everybody."""

    authentication_classes = ()
    service_class = FacetedSearchService
