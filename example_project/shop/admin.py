"""The shop in the admin."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportExportModelAdmin

from django_es_admin.admin import ElasticsearchSearchMixin
from django_es_admin.import_export import ElasticsearchExportMixin, ElasticsearchImportMixin
from shop.documents import ProductDocument
from shop.models import Category, Product, Tag
from shop.resources import ProductResource


class ProductCountMixin:
    """A column with the number of products, counted in the query of the list itself."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the objects with their numbers of products."""
        return super().get_queryset(request).annotate(product_count=Count("product"))

    @admin.display(description=_("products"), ordering="product_count")
    def product_count(self, item: Category | Tag) -> int:
        """Return how many products the category or tag has."""
        return item.product_count


@admin.register(Category)
class CategoryAdmin(ProductCountMixin, admin.ModelAdmin):
    """Categories."""

    list_display = ("name", "slug", "product_count")
    # Named here, because Django drops the ordering of a model from a query that counts.
    ordering = ("name", "pk")
    prepopulated_fields = {"slug": ("name",)}
    search_fields = ("name", "slug")


@admin.register(Tag)
class TagAdmin(ProductCountMixin, admin.ModelAdmin):
    """Tags."""

    list_display = ("name", "product_count")
    ordering = ("name",)
    search_fields = ("name",)


@admin.register(Product)
class ProductAdmin(
    ElasticsearchExportMixin,
    ElasticsearchImportMixin,
    ElasticsearchSearchMixin,
    ImportExportModelAdmin,
):
    """Products; the search box asks Elasticsearch."""

    autocomplete_fields = ("category", "tags")
    date_hierarchy = "created_at"
    list_display = ("name", "brand", "category", "price", "sku", "is_active", "created_at")
    list_filter = ("category", "is_active")
    list_select_related = ("category",)
    readonly_fields = ("created_at", "updated_at")
    # On SQLite, one transaction for a whole catalogue would keep everybody else from signing in.
    import_portion = 250
    resource_classes = (ProductResource,)
    search_document = ProductDocument
    search_fields = ("name^3", "description", "brand.text^2", "sku")
    advanced_search_fields = (
        "name",
        "description",
        "brand",
        "sku",
        "category.name",
        "tags.name",
        "price",
        "is_active",
        "created_at",
    )
    search_highlight = ("name", "brand", "sku")

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Ask for what an import does; the library's default lets in every member of staff."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Ask for the right to see the products."""
        return self.has_view_permission(request)
