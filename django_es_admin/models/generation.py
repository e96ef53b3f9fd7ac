"""The generations of an index, the ranges loaded into them, and the documents they refused."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class GenerationQuerySet(models.QuerySet["Generation"]):
    """A queryset of generations."""

    def fail(self, error: str) -> int:
        """Mark the generations as failed: they get no more changes, and a prune deletes them.

        Args:
            error: why they failed.

        Returns:
            The number of generations that were changed.
        """
        return self.update(role=Generation.Role.FAILED, error=error)


class Generation(models.Model):
    """One physical index behind a declared index, and its role."""

    class Role(models.TextChoices):
        """The role of a generation. Live, building and standby generations get each change."""

        BUILDING = "building", _("building")
        LIVE = "live", _("live")
        STANDBY = "standby", _("standby")
        RETIRED = "retired", _("retired")
        FAILED = "failed", _("failed")

    WRITTEN: ClassVar = (Role.LIVE, Role.BUILDING, Role.STANDBY)
    """The roles of the generations that get each change."""

    GONE: ClassVar = "It no longer exists in the cluster."
    """The error of a generation that someone deleted in the cluster."""

    connection = models.CharField(_("connection"), max_length=100)
    alias = models.CharField(
        _("alias"),
        max_length=255,
        help_text=_("The alias in Elasticsearch that the generation belongs to."),
    )
    name = models.CharField(_("name"), max_length=255)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.BUILDING)
    digest = models.CharField(
        _("digest"),
        max_length=16,
        help_text=_(
            "A digest of the mapping, settings and fields of the document that the generation was "
            "built for."
        ),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    loaded_at = models.DateTimeField(
        _("loaded at"),
        null=True,
        blank=True,
        help_text=_("When all objects had been loaded into the generation."),
    )
    retired_at = models.DateTimeField(
        _("retired at"),
        null=True,
        blank=True,
        help_text=_("When the generation stopped receiving changes."),
    )
    error = models.TextField(_("error"), blank=True)
    written = models.BigIntegerField(
        _("written"),
        default=0,
        help_text=_("The approximate number of documents that drains have sent to the generation."),
    )
    revision = models.PositiveIntegerField(
        _("revision"),
        default=0,
        # Code that does not know it yet inserts rows during a deploy.
        db_default=0,
        help_text=_("How often the mapping of the generation was changed in place."),
    )
    stale = models.BigIntegerField(
        _("stale"),
        default=0,
        help_text=_("How many of these documents the generation already held in a newer version."),
    )

    objects = GenerationQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name = _("generation")
        verbose_name_plural = _("generations")
        ordering: ClassVar = ["-pk"]
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
    """A document that a generation refused, although it fits newer code or another generation."""

    generation = models.ForeignKey(
        Generation, on_delete=models.CASCADE, related_name="refused", verbose_name=_("generation")
    )
    key = models.TextField(_("key"))
    # A key may be longer than what a database can index.
    digest = models.CharField(_("digest"), max_length=32)
    error = models.TextField(_("error"))
    version = models.BigIntegerField(
        _("version"),
        default=0,
        help_text=_("The version of the last write that the generation refused."),
    )

    class Meta:
        default_permissions = ()
        verbose_name = _("refused document")
        verbose_name_plural = _("refused documents")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["generation", "digest"], name="elasticsearch_refused_document"
            )
        ]

    def __str__(self) -> str:
        return self.key


class LoadRange(models.Model):
    """A range of primary keys that one process at a time loads into a generation."""

    generation = models.ForeignKey(
        Generation, on_delete=models.CASCADE, related_name="ranges", verbose_name=_("generation")
    )
    number = models.PositiveIntegerField(_("number"))
    document = models.CharField(
        _("document"),
        max_length=200,
        blank=True,
        # Code that does not know it yet inserts rows during a deploy.
        default="",
        db_default="",
        help_text=_("The model of the documents, if several models share the index."),
    )
    after = models.TextField(
        _("after"),
        blank=True,
        help_text=_("The last key before the range. Empty if the range has no start."),
    )
    until = models.TextField(
        _("until"),
        blank=True,
        help_text=_("The last key in the range. Empty if the range has no end."),
    )
    leased_until = models.DateTimeField(
        _("leased until"),
        null=True,
        blank=True,
        help_text=_("Until when a worker has claimed the range."),
    )
    owner = models.CharField(_("owner"), max_length=32, blank=True)
    rows = models.BigIntegerField(
        _("rows"),
        default=0,
        help_text=_("The number of objects that were read."),
    )
    loaded_at = models.DateTimeField(_("loaded at"), null=True, blank=True)

    class Meta:
        default_permissions = ()
        verbose_name = _("load range")
        verbose_name_plural = _("load ranges")
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["generation", "number"], name="elasticsearch_load_range"
            )
        ]

    def __str__(self) -> str:
        return f"{self.generation} {self.number}"
