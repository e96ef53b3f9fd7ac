"""The processes that drain the outbox or run tasks, and when each was last seen."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Worker(models.Model):
    """A process that drains an outbox, or runs background tasks."""

    class Kind(models.TextChoices):
        """What the process does."""

        DRAIN = "drain", _("drains continuously")
        ONCE = "once", _("drains from time to time")
        TASKS = "tasks", _("runs tasks")

    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(
        _("process ID"),
        default=0,
        help_text=_(
            "The process ID. 0 for a process that only drains from time to time, because each run "
            "is a new process."
        ),
    )
    seen_at = models.DateTimeField(_("seen at"), db_default=Now())
    rate = models.FloatField(
        _("rate"),
        null=True,
        blank=True,
        help_text=_(
            "The number of documents written per second while there was something to write."
        ),
    )

    class Meta:
        default_permissions = ()
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "host", "pid"], name="elasticsearch_one_worker")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.host} {self.pid}"
