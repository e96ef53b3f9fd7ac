# urls.py
# URL patterns for search endpoints
from django.urls import path
from .views import ProductSearchView, AutocompleteView
from .views_drf import ProductSearchAPIView

urlpatterns = [
    # Standard Django views
    path('search/', ProductSearchView.as_view(), name='product-search'),
    path('autocomplete/', AutocompleteView.as_view(), name='autocomplete'),

    # DRF API endpoints
    path('api/search/', ProductSearchAPIView.as_view(), name='api-product-search'),
]
