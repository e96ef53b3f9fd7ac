"""The shop's search."""

from django.urls import path

from shop.views import AutocompleteView, ProductSearchView

urlpatterns = [
    path("search/", ProductSearchView.as_view(), name="product-search"),
    path("autocomplete/", AutocompleteView.as_view(), name="autocomplete"),
]
