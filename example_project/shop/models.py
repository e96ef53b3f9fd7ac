"""What the shop sells.

The sizes fit the longest values of the Debian package catalogue that the project is measured with:
a name of 371 characters, a SKU of 75, a brand of 39, a tag of 31.
"""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from django_es_admin.outbox import CapturedManager


class Category(models.Model):
    """A shelf of the shop; every product stands on one."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)

    objects = CapturedManager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["name"], name="shop_category_name")]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word that products share."""

    name = models.CharField(_("name"), max_length=50, unique=True)

    objects = CapturedManager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """Something to buy."""

    name = models.CharField(_("name"), max_length=512)
    description = models.TextField(_("description"), blank=True)
    price = models.DecimalField(
        _("price"), max_digits=10, decimal_places=2, validators=[MinValueValidator(Decimal(0))]
    )
    category = models.ForeignKey(Category, on_delete=models.CASCADE, verbose_name=_("category"))
    brand = models.CharField(_("brand"), max_length=100)
    sku = models.CharField(
        _("SKU"), max_length=100, unique=True, help_text=_("The article's number in the catalogue.")
    )
    tags = models.ManyToManyField(Tag, blank=True, verbose_name=_("tags"))
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = CapturedManager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        # An import creates thousands of products at one moment: without the key, pages would
        # repeat some of them and skip others.
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="shop_product_newest"),
            models.Index(fields=["name"], name="shop_product_name"),
            models.Index(fields=["brand"], name="shop_product_brand"),
            models.Index(fields=["price"], name="shop_product_price"),
        ]

    def __str__(self) -> str:
        return self.name
