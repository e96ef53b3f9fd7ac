"""The outbox: the changes that are not yet in Elasticsearch."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Left, Now
from django.utils.translation import gettext_lazy as _

KEY_START = 128
"""How many characters of a key the database's index contains."""


class OutboxEntry(models.Model):
    """One change that is not yet in an index, recorded in the transaction of the change."""

    class Kind(models.TextChoices):
        """What ``key`` identifies: an object of the index, or a related object."""

        OBJECT = "object", _("object")
        RELATED = "related", _("related object")

    connection = models.CharField(_("connection"), max_length=100)
    index = models.CharField(
        _("index"),
        max_length=255,
        help_text=_("The name of the index, as the project declares it."),
    )
    kind = models.CharField(_("kind"), max_length=7, choices=Kind, default=Kind.OBJECT)
    model = models.CharField(
        _("model"), max_length=200, blank=True, help_text=_("The model of the related object.")
    )
    document = models.CharField(
        _("document"),
        max_length=200,
        blank=True,
        # Code that does not know it yet inserts rows during a deploy.
        default="",
        db_default="",
        help_text=_("The model of the documents, if several models share the index."),
    )
    # Of any length: a key that no index can hold must not make a save fail.
    key = models.TextField(_("key"))
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    due_at = models.DateTimeField(
        _("due at"),
        null=True,
        blank=True,
        help_text=_("When the entry is tried again. Empty if it can be drained now."),
    )
    leased_until = models.DateTimeField(
        _("leased until"),
        null=True,
        blank=True,
        help_text=_("Until when a worker has claimed the entry."),
    )
    delete_sent = models.BooleanField(
        _("delete sent"),
        default=False,
        help_text=_("Whether a delete was sent. It is sent once more when the entry is due."),
    )
    cursor = models.TextField(
        _("cursor"),
        blank=True,
        help_text=_(
            "The key of the last object that was written because the related object changed."
        ),
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    error = models.TextField(_("error"), blank=True)
    parked_at = models.DateTimeField(
        _("parked at"),
        null=True,
        blank=True,
        help_text=_("When the entry was parked. Empty if it is not parked."),
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
            # The rows that a worker takes, however many others there are: see `due()`.
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
