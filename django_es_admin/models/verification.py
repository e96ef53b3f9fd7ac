"""The results of comparing an index with its database."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from .operation import Operation


class Difference(models.Model):
    """One object or document for which an operation found a difference."""

    class Kind(models.TextChoices):
        """The kind of difference."""

        MISSING = "missing", _("has no document")
        STALE = "stale", _("has an outdated document")
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
    """A part of an index, and when it was last found to be equal to its database."""

    connection = models.CharField(_("connection"), max_length=100)
    index = models.CharField(_("index"), max_length=255)
    generation = models.CharField(_("generation"), max_length=255)
    number = models.PositiveIntegerField(_("number"))
    document = models.CharField(
        _("document"),
        max_length=200,
        blank=True,
        help_text=_("The model of the documents, if several models share the index."),
    )
    ghosts = models.BooleanField(
        _("ghosts"),
        default=False,
        help_text=_(
            "Whether the range is the whole index, checked for documents without an object."
        ),
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
    compared = models.BigIntegerField(_("compared"), default=0)
    differing = models.BigIntegerField(_("differing"), default=0)
    checked_at = models.DateTimeField(
        _("checked at"), null=True, blank=True, help_text=_("When the range was last compared.")
    )
    proven_at = models.DateTimeField(
        _("proven at"),
        null=True,
        blank=True,
        help_text=_("When the range was last found to be equal to its database."),
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
