"""The counter of versions."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tick(models.Model):
    """The counter, one row per database, whose values are the versions of all writes."""

    value = models.BigIntegerField(_("value"))

    class Meta:
        default_permissions = ()
        verbose_name = _("tick")
        verbose_name_plural = _("ticks")

    def __str__(self) -> str:
        return str(self.value)
