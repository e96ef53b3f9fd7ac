"""The shop's pages and its search."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from django_es_admin.views import ClickView
from shop.storefront import product_page, search_page
from shop.views import AutocompleteView, ProductSearchView
from shop.views_drf import AutocompleteAPIView, ProductSearchAPIView

urlpatterns = [
    path("", search_page, name="home"),
    path("products/<int:pk>/", product_page, name="product"),
    path("search/", ProductSearchView.as_view(), name="product-search"),
    path("open/<str:click>/", ClickView.as_view(pattern_name="product"), name="open-product"),
    path("autocomplete/", AutocompleteView.as_view(), name="autocomplete"),
    path("api/search/", ProductSearchAPIView.as_view(), name="api-product-search"),
    path("api/autocomplete/", AutocompleteAPIView.as_view(), name="api-autocomplete"),
    path(
        "api/schema/",
        SpectacularAPIView.as_view(authentication_classes=()),
        name="api-schema",
    ),
]
