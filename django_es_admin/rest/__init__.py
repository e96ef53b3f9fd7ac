"""A site's search with Django REST Framework, described by drf-spectacular.

Needs the extra ``rest``: ``pip install django-es-admin[rest]``.
"""

from .filters import SearchFilterBackend
from .pagination import SearchPagination
from .serializers import SearchResultsSerializer
from .views import AutocompleteAPIView, SearchAPIView

__all__ = [
    "AutocompleteAPIView",
    "SearchAPIView",
    "SearchFilterBackend",
    "SearchPagination",
    "SearchResultsSerializer",
]
