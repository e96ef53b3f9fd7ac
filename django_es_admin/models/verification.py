"""What comparisons of an index with its database found."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from .operation import Operation


class Difference(models.Model):
    """One object, or one document, that an operation found to differ."""

    class Kind(models.TextChoices):
        """How it differs."""

        MISSING = "missing", _("has no document")
        STALE = "stale", _("has another document than would be written now")
        GHOST = "ghost", _("has no object")
        REFUSED = "refused", _("its document cannot be made")

    operation = models.ForeignKey(
        Operation, on_delete=models.CASCADE, related_name="differences", verbose_name=_("operation")
    )
    key = models.TextField(_("key"))
    kind = models.CharField(_("kind"), max_length=7, choices=Kind)

    class Meta:
        default_permissions = ()
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.key} {self.get_kind_display()}"


class ProvenRange(models.Model):
    """A part of an index, and when it was last seen to be equal to its database."""

    connection = models.CharField(_("connection"), max_length=100)
    index = models.CharField(_("index"), max_length=255)
    generation = models.CharField(_("generation"), max_length=255)
    number = models.PositiveIntegerField(_("number"))
    document = models.CharField(
        _("document"),
        max_length=200,
        blank=True,
        help_text=_("The model that it is of, where several share the index."),
    )
    ghosts = models.BooleanField(
        _("ghosts"),
        default=False,
        help_text=_("Whether it is all documents, looked through for those without an object."),
    )
    after = models.TextField(
        _("after"), blank=True, help_text=_("The key before its first one; empty at the start.")
    )
    until = models.TextField(
        _("until"), blank=True, help_text=_("Its last key; empty for all that follow.")
    )
    compared = models.BigIntegerField(_("compared"), default=0)
    differing = models.BigIntegerField(_("differing"), default=0)
    checked_at = models.DateTimeField(
        _("checked at"), null=True, blank=True, help_text=_("When it was compared last.")
    )
    proven_at = models.DateTimeField(
        _("proven at"), null=True, blank=True, help_text=_("When it was last found to be equal.")
    )

    class Meta:
        default_permissions = ()
        verbose_name = _("proven range")
        verbose_name_plural = _("proven ranges")
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "index", "number"], name="elasticsearch_proven_range"
            )
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.number}"
