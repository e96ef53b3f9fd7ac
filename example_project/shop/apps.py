"""The shop's app configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShopConfig(AppConfig):
    """The shop."""

    name = "shop"
    verbose_name = _("shop")
