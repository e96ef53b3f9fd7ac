"""The tables of the app, and two models without a table that give the admin its pages."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tick(models.Model):
    """The counter, one row per database, whose numbers are the versions of all writes."""

    value = models.BigIntegerField(_("value"))

    class Meta:
        default_permissions = ()
        verbose_name = _("tick")
        verbose_name_plural = _("ticks")

    def __str__(self) -> str:
        return str(self.value)


class Generation(models.Model):
    """One physical index behind a declared one, and its role."""

    class Role(models.TextChoices):
        """What a generation is for; live, building and standby are written to."""

        BUILDING = "building", _("building")
        LIVE = "live", _("live")
        STANDBY = "standby", _("standby")
        RETIRED = "retired", _("retired")
        FAILED = "failed", _("failed")

    connection = models.CharField(_("connection"), max_length=100)
    alias = models.CharField(
        _("alias"), max_length=255, help_text=_("The alias in Elasticsearch that it stands behind.")
    )
    name = models.CharField(_("name"), max_length=255)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.BUILDING)
    digest = models.CharField(
        _("digest"),
        max_length=16,
        help_text=_("Of the document's mapping, settings and fields that it was built for."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    loaded_at = models.DateTimeField(
        _("loaded at"), null=True, blank=True, help_text=_("When its load was complete.")
    )
    error = models.TextField(_("error"), blank=True)

    class Meta:
        default_permissions = ()
        verbose_name = _("generation")
        verbose_name_plural = _("generations")
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "name"], name="elasticsearch_generation_name"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["connection", "alias"], name="elasticsearch_gen_alias")
        ]

    def __str__(self) -> str:
        return self.name


class PageManager(models.Manager[Any]):
    """Has no rows: there is no table, and ``dumpdata`` asks every manager."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Return an empty queryset that sends no SQL."""
        return super().get_queryset().none()


class Connection(models.Model):
    """A connection of ``ES_SERVERS``; no table."""

    objects = PageManager()

    class Meta:
        managed = False
        default_permissions = ("view",)
        verbose_name = _("connection")
        verbose_name_plural = _("connections")

    def __str__(self) -> str:
        return str(self.pk)


class Index(models.Model):
    """An index of a connection; no table. Its permissions are those of the pages."""

    objects = PageManager()

    class Meta:
        managed = False
        default_permissions = ("view", "delete")
        permissions: ClassVar = [
            ("create_index", _("Can create an index")),
            ("rebuild_index", _("Can rebuild an index")),
            ("swap_alias", _("Can swap the alias of an index")),
            ("reindex_objects", _("Can reindex objects")),
        ]
        verbose_name = _("index")
        verbose_name_plural = _("indices")

    def __str__(self) -> str:
        return str(self.pk)
