"""Generations of an index, and how far each is loaded."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class GenerationQuerySet(models.QuerySet["Generation"]):
    """Some generations."""

    def fail(self, error: str) -> int:
        """End them: nothing is written to them any more, and a prune deletes them.

        Args:
            error: why.

        Returns:
            How many there were.
        """
        return self.update(role=Generation.Role.FAILED, error=error)


class Generation(models.Model):
    """One physical index behind a declared one, and its role."""

    class Role(models.TextChoices):
        """What a generation is for; live, building and standby are written to."""

        BUILDING = "building", _("building")
        LIVE = "live", _("live")
        STANDBY = "standby", _("standby")
        RETIRED = "retired", _("retired")
        FAILED = "failed", _("failed")

    WRITTEN: ClassVar = (Role.LIVE, Role.BUILDING, Role.STANDBY)
    """The roles of those that get each change."""

    GONE: ClassVar = "It no longer exists in the cluster."
    """Why one failed that was deleted by hand."""

    connection = models.CharField(_("connection"), max_length=100)
    alias = models.CharField(
        _("alias"), max_length=255, help_text=_("The alias in Elasticsearch that it belongs to.")
    )
    name = models.CharField(_("name"), max_length=255)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.BUILDING)
    digest = models.CharField(
        _("digest"),
        max_length=16,
        help_text=_(
            "Digest of the mapping, settings and fields of the document that it was built for."
        ),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    loaded_at = models.DateTimeField(
        _("loaded at"), null=True, blank=True, help_text=_("When its load was complete.")
    )
    retired_at = models.DateTimeField(
        _("retired at"), null=True, blank=True, help_text=_("When it stopped receiving changes.")
    )
    error = models.TextField(_("error"), blank=True)
    written = models.BigIntegerField(
        _("written"),
        default=0,
        help_text=_("Approximate number of documents that drains sent to it."),
    )
    revision = models.PositiveIntegerField(
        _("revision"),
        default=0,
        # Code that does not know it yet inserts rows during a deploy.
        db_default=0,
        help_text=_("How often its mapping was changed in place."),
    )
    stale = models.BigIntegerField(
        _("stale"), default=0, help_text=_("How many of these it already held in a newer version.")
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
    """A document that a generation cannot hold, though newer code or the live one can."""

    generation = models.ForeignKey(
        Generation, on_delete=models.CASCADE, related_name="refused", verbose_name=_("generation")
    )
    key = models.TextField(_("key"))
    # A key may be longer than what a database can index.
    digest = models.CharField(_("digest"), max_length=32)
    error = models.TextField(_("error"))
    version = models.BigIntegerField(
        _("version"), default=0, help_text=_("Of the last write that the generation refused.")
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
        help_text=_("The model that it is of, where several share the index."),
    )
    after = models.TextField(
        _("after"), blank=True, help_text=_("The key before its first one; empty at the start.")
    )
    until = models.TextField(
        _("until"), blank=True, help_text=_("Its last key; empty for all that follow.")
    )
    leased_until = models.DateTimeField(
        _("leased until"), null=True, blank=True, help_text=_("Until when a worker has claimed it.")
    )
    owner = models.CharField(_("owner"), max_length=32, blank=True)
    rows = models.BigIntegerField(_("rows"), default=0, help_text=_("Objects that were read."))
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
