"""The processes that write what waits, each with when it was last seen."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Worker(models.Model):
    """A process that looks after an outbox, or does the tasks of the background."""

    class Kind(models.TextChoices):
        """What it does, and how often."""

        DRAIN = "drain", _("drains all the time")
        ONCE = "once", _("drains now and then")
        TASKS = "tasks", _("does tasks")

    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(
        _("process"),
        default=0,
        help_text=_("0 for those that drain now and then, as each time is another one."),
    )
    seen_at = models.DateTimeField(_("seen at"), db_default=Now())
    rate = models.FloatField(
        _("rate"),
        null=True,
        blank=True,
        help_text=_("Documents that it wrote in a second, as long as there was something to do."),
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
