"""Two models without a table that give the admin its pages."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class PageManager(models.Manager[Any]):
    """A manager without rows, because there is no table and ``dumpdata`` asks every manager."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Return an empty queryset that sends no SQL."""
        return super().get_queryset().none()


class Connection(models.Model):
    """A connection of ``ES_SERVERS``, without a table."""

    objects = PageManager()

    class Meta:
        managed = False
        default_permissions = ("view",)
        verbose_name = _("connection")
        verbose_name_plural = _("connections")

    def __str__(self) -> str:
        return str(self.pk)


class Index(models.Model):
    """An index of a connection, without a table. Its permissions are those of the pages."""

    objects = PageManager()

    class Meta:
        managed = False
        default_permissions = ("view", "delete")
        permissions: ClassVar = [
            ("create_index", _("Can create an index")),
            ("rebuild_index", _("Can rebuild an index")),
            ("swap_alias", _("Can swap the alias of an index")),
            ("reindex_objects", _("Can reindex objects")),
            ("search_index", _("Can search an index by JSON")),
        ]
        verbose_name = _("index")
        verbose_name_plural = _("indices")

    def __str__(self) -> str:
        return str(self.pk)
