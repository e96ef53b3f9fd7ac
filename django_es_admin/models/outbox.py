"""The outbox."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Left, Now
from django.utils.translation import gettext_lazy as _

KEY_START = 128
"""Characters of a key that are in the database's index."""


class OutboxEntry(models.Model):
    """One change that is not yet in an index; written in the transaction of the change."""

    class Kind(models.TextChoices):
        """What ``key`` is the primary key of."""

        OBJECT = "object", _("object")
        RELATED = "related", _("related object")

    connection = models.CharField(_("connection"), max_length=100)
    index = models.CharField(
        _("index"), max_length=255, help_text=_("The name that the document gives it.")
    )
    kind = models.CharField(_("kind"), max_length=7, choices=Kind, default=Kind.OBJECT)
    model = models.CharField(
        _("model"), max_length=200, blank=True, help_text=_("Of the related object.")
    )
    document = models.CharField(
        _("document"),
        max_length=200,
        blank=True,
        # Code that does not know it yet inserts rows during a deploy.
        default="",
        db_default="",
        help_text=_("The model that it is of, where several share the index."),
    )
    # Of any length: a key that no index can hold must not make a save fail.
    key = models.TextField(_("key"))
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    due_at = models.DateTimeField(
        _("due at"), null=True, blank=True, help_text=_("When to try it again; at once if empty.")
    )
    leased_until = models.DateTimeField(
        _("leased until"), null=True, blank=True, help_text=_("Until when a worker has claimed it.")
    )
    delete_sent = models.BooleanField(
        _("delete sent"),
        default=False,
        help_text=_("Its document was deleted once, and is deleted again when this is due."),
    )
    cursor = models.TextField(
        _("cursor"),
        blank=True,
        help_text=_("The last object that was written because of a related one."),
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    error = models.TextField(_("error"), blank=True)
    parked_at = models.DateTimeField(
        _("parked at"),
        null=True,
        blank=True,
        help_text=_("When it was parked; empty once it is tried again."),
    )

    class Meta:
        default_permissions = ()
        verbose_name = _("outbox entry")
        verbose_name_plural = _("outbox entries")
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [
            models.Index(
                "connection",
                "index",
                # An entry of a B-tree has 2,704 bytes at most on PostgreSQL.
                Left("key", KEY_START),
                condition=models.Q(parked_at__isnull=False),
                name="elasticsearch_outbox_parked",
            ),
            # What a worker looks for, beside any number of rows that it does not: see `due()`.
            models.Index(
                fields=["id"],
                condition=models.Q(parked_at__isnull=True, due_at__isnull=True),
                name="elasticsearch_outbox_new",
            ),
            models.Index(
                fields=["due_at"],
                condition=models.Q(parked_at__isnull=True, due_at__isnull=False),
                name="elasticsearch_outbox_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.key}"
