"""The tables of the app, and two models without a table that give the admin its pages."""

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
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
    written = models.BigIntegerField(
        _("written"), default=0, help_text=_("Documents that drains sent to it, about.")
    )
    stale = models.BigIntegerField(
        _("stale"), default=0, help_text=_("Those of them for which it held a newer version.")
    )

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


class RefusedDocument(models.Model):
    """A document that a generation cannot hold, though newer code or the live one can."""

    generation = models.ForeignKey(
        Generation, on_delete=models.CASCADE, related_name="refused", verbose_name=_("generation")
    )
    key = models.CharField(_("key"), max_length=512)
    error = models.TextField(_("error"))

    class Meta:
        default_permissions = ()
        verbose_name = _("refused document")
        verbose_name_plural = _("refused documents")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["generation", "key"], name="elasticsearch_refused_document"
            )
        ]

    def __str__(self) -> str:
        return self.key


class OutboxEntry(models.Model):
    """One change that is not yet in an index; written in the transaction of the change."""

    class Kind(models.TextChoices):
        """What ``key`` is the primary key of."""

        OBJECT = "object", _("object")
        RELATED = "related", _("related object")

    connection = models.CharField(_("connection"), max_length=100)
    index = models.CharField(_("index"), max_length=255, help_text=_("As the document names it."))
    kind = models.CharField(_("kind"), max_length=7, choices=Kind, default=Kind.OBJECT)
    model = models.CharField(
        _("model"), max_length=200, blank=True, help_text=_("Of the related object.")
    )
    key = models.CharField(_("key"), max_length=512)
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    due_at = models.DateTimeField(
        _("due at"), null=True, blank=True, help_text=_("When to try it again; at once if empty.")
    )
    leased_until = models.DateTimeField(
        _("leased until"), null=True, blank=True, help_text=_("Until when somebody works on it.")
    )
    delete_sent = models.BooleanField(
        _("delete sent"),
        default=False,
        help_text=_("Its document was deleted once, and is deleted again when it is due."),
    )
    cursor = models.CharField(
        _("cursor"),
        max_length=512,
        blank=True,
        help_text=_("The last object that was written because of a related one."),
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    error = models.TextField(_("error"), blank=True)
    parked_at = models.DateTimeField(
        _("parked at"), null=True, blank=True, help_text=_("When it was given up, until retried.")
    )

    class Meta:
        default_permissions = ()
        verbose_name = _("outbox entry")
        verbose_name_plural = _("outbox entries")
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["connection", "index", "key"],
                condition=models.Q(parked_at__isnull=False),
                name="elasticsearch_outbox_parked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.key}"


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
