"""The fields of `shop.documents`, as similar as modelsearch allows."""

from modelsearch import index
from shop.models import Product


class IndexedProduct(index.Indexed, Product):
    """A searchable product; the library needs its mixin on the model."""

    search_fields = [
        index.SearchField("name"),
        index.FilterField("name"),
        index.AutocompleteField("name"),
        index.SearchField("description"),
        index.FilterField("description"),
        index.RelatedFields(
            "category",
            [
                index.FilterField("id"),
                index.SearchField("name"),
                index.FilterField("name"),
                index.FilterField("slug"),
            ],
        ),
        index.SearchField("brand"),
        index.FilterField("brand"),
        index.FilterField("sku"),
        index.RelatedFields(
            "tags",
            [index.FilterField("id"), index.SearchField("name"), index.FilterField("name")],
        ),
        index.FilterField("price"),
        index.FilterField("is_active"),
        index.FilterField("created_at"),
        index.FilterField("updated_at"),
    ]

    class Meta:
        proxy = True
        app_label = "indexed"
