"""How products come in and go out as sheets (django-import-export)."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import ModelResource

from django_es_admin.outbox.capture import capture
from shop.batches import in_batches
from shop.loaders import ProductLoader
from shop.models import Product
from shop.widgets import CategoryWidget, FlagWidget, PriceWidget, TagsWidget, TextWidget

COLUMNS = ("sku", "name", "description", "category", "brand", "price", "tags", "is_active")


class ProductResource(ModelResource):
    """Products as rows; the SKU says which one.

    A row that changes nothing is skipped. Categories and tags that are missing are created, where
    the user may. One object serves one sheet, which may come in several parts.
    """

    sku = Field("sku", "sku", TextWidget(strip=True))
    name = Field("name", "name", TextWidget(strip=True))
    description = Field("description", "description", TextWidget())
    category = Field("category", "category", CategoryWidget())
    brand = Field("brand", "brand", TextWidget(strip=True))
    price = Field("price", "price", PriceWidget())
    tags = Field("tags", "tags", TagsWidget())
    is_active = Field("is_active", "is_active", FlagWidget())

    class Meta:
        model = Product
        fields = COLUMNS
        import_id_fields = ("sku",)
        instance_loader_class = ProductLoader
        skip_unchanged = True
        clean_model_instances = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._seen: set[str] = set()
        self._stored: tuple[list[Any], set[int]] | None = None
        self.categories_created = 0
        self.tags_created = 0

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        """Read categories and tags along, not once per row."""
        return queryset.select_related("category").prefetch_related("tags")

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Look up the categories and tags of the whole sheet; create what is missing."""
        user = kwargs.get("user")
        self.categories_created += self._learn("category", dataset, user, "shop.add_category")
        self.tags_created += self._learn("tags", dataset, user, "shop.add_tag")

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Refuse a SKU that the sheet names twice: the last row would silently win."""
        sku = str(row.get("sku") or "").strip()
        if sku and sku in self._seen:
            raise ValidationError({"sku": _("“%(sku)s” stands in the sheet twice.") % {"sku": sku}})
        self._seen.add(sku)

    def after_init_instance(self, instance: Product, new: bool, row: Any, **kwargs: Any) -> None:
        """Remember what is stored, for `skip_row`."""
        self._stored = None if new else self._values(instance)

    def import_instance(self, instance: Product, row: Any, **kwargs: Any) -> None:
        """Read the cells; a tag that cannot be read is an error of its column like any other."""
        errors: dict[str, Any] = {}
        try:
            super().import_instance(instance, row, **kwargs)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if "tags" in row:
            try:
                self.fields["tags"].clean(row)
            except ValueError as error:
                errors["tags"] = [ValidationError(str(error), code="invalid")]
        if errors:
            raise ValidationError(errors)

    def skip_row(
        self,
        instance: Product,
        original: Product | None,
        row: Any,
        import_validation_errors: Any = None,
    ) -> bool:
        """Say whether the row changes nothing; the stock method asks the database for the tags."""
        if import_validation_errors or self._stored is None:
            return False
        values, tags = self._stored
        if "tags" in row and {tag.pk for tag in self.fields["tags"].clean(row)} != tags:
            return False
        return self._values(instance)[0] == values

    def _learn(self, column: str, dataset: Any, user: Any, permission: str) -> int:
        if column not in (dataset.headers or ()):
            return 0
        widget = self.fields[column].widget
        names = {name for cell in dataset[column] for name in widget.split(cell)}
        return widget.names.learn(names, create=user is None or user.has_perm(permission))

    def _values(self, product: Product) -> tuple[list[Any], set[int]]:
        values = [
            product.category_id if name == "category" else getattr(product, name)
            for name in COLUMNS
            if name != "tags"
        ]
        return values, {tag.pk for tag in product.tags.all()}


class CatalogueResource(ProductResource):
    """The same in bulk, for whole catalogues: no preview.

    django-import-export does not write many-to-many relations in bulk, so this does, once the
    products have their keys. `bulk_update` leaves `auto_now` fields alone, so this sets them.
    """

    class Meta:
        use_bulk = True
        batch_size = 1000
        # `skip_row` compares without them, and they cost two queries a row.
        skip_diff = True
        skip_html_diff = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._tags: dict[str, set[int]] = {}
        self._written: list[str] = []
        self._now: datetime = timezone.now()

    def get_bulk_update_fields(self) -> list[str]:
        """Return the columns to write; the key and the tags are not among them."""
        columns = [name for name in super().get_bulk_update_fields() if name != "tags"]
        return [*columns, "updated_at"]

    def validate_instance(
        self,
        instance: Product,
        import_validation_errors: Any = None,
        validate_unique: bool = True,
    ) -> None:
        """Validate the values; what `full_clean` asks the database per row is known already.

        The SKU is what the row was looked up by, and the category comes from the database.
        """
        errors = dict(import_validation_errors or {})
        try:
            known = {"category"} if instance.category_id else set()
            instance.clean_fields(exclude=errors.keys() | known)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def save_instance(self, instance: Product, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Put the product and its tags by for the next batch."""
        instance.updated_at = self._now
        self._written.append(instance.sku)
        if "tags" in row:
            self._tags[instance.sku] = {tag.pk for tag in self.fields["tags"].clean(row)}
        super().save_instance(instance, is_create, row, **kwargs)

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Write the tags of the products that this part created or changed, and note these."""
        for skus in in_batches(list(self._tags)):
            self._write_tags(dict(Product.objects.filter(sku__in=skus).values_list("pk", "sku")))
        self._tags.clear()
        # What is written in bulk sends no signals, so that the outbox has to be told.
        for skus in in_batches(self._written):
            capture(Product.objects.filter(sku__in=skus))
        self._written.clear()

    def _write_tags(self, products: dict[int, str]) -> None:
        links = Product.tags.through.objects
        wanted = {(key, tag) for key, sku in products.items() for tag in self._tags[sku]}
        stored = {
            (key, tag): pk
            for pk, key, tag in links.filter(product__in=products).values_list(
                "pk", "product_id", "tag_id"
            )
        }
        for keys in in_batches([stored[link] for link in stored.keys() - wanted]):
            links.filter(pk__in=keys).delete()
        links.bulk_create(
            links.model(product_id=key, tag_id=tag) for key, tag in sorted(wanted - stored.keys())
        )
