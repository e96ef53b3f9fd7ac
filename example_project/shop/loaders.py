"""Which rows of a sheet are products that exist already."""

from typing import Any

from import_export.instance_loaders import BaseInstanceLoader

from shop.batches import in_batches
from shop.models import Product


class ProductLoader(BaseInstanceLoader):
    """The products of a sheet by SKU, with category and tags, in a few queries.

    The stock loader asks once per row; the stock cached loader puts every key of the sheet into
    one query, which SQLite refuses above its limit, and reads no relations.
    """

    def __init__(self, resource: Any, dataset: Any) -> None:
        super().__init__(resource, dataset)
        self._sku = resource.fields["sku"]
        skus = []
        if dataset.headers and self._sku.column_name in dataset.headers:
            skus = [str(cell or "").strip() for cell in dataset[self._sku.column_name]]
        products = resource.get_queryset().select_related("category").prefetch_related("tags")
        self._products: dict[str, Product] = {}
        for batch in in_batches(skus):
            for product in products.filter(sku__in=batch):
                self._products[product.sku] = product

    def get_instance(self, row: Any) -> Product | None:
        """Return the product of that row, None for a new one."""
        return self._products.get(str(row[self._sku.column_name] or "").strip())
