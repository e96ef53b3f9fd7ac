"""The number of objects that belong in an index."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class RowCount(models.Model):
    """The last exact count of the objects of one index, because counting takes long."""

    connection = models.CharField(_("connection"), max_length=100)
    index = models.CharField(
        _("index"),
        max_length=255,
        help_text=_("The name of the index, as the project declares it."),
    )
    rows = models.BigIntegerField(
        _("rows"),
        help_text=_("The number of objects that belong in the index."),
    )
    documents = models.BigIntegerField(
        _("documents"),
        null=True,
        blank=True,
        help_text=_(
            "The number of documents in the live generation when the objects were counted."
        ),
    )
    counted_at = models.DateTimeField(_("counted at"))

    class Meta:
        default_permissions = ()
        verbose_name = _("row count")
        verbose_name_plural = _("row counts")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "index"], name="elasticsearch_row_count")
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.rows}"
