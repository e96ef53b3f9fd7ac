"""The record of an operation on an index."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import DEFAULT_DB_ALIAS, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..clock import database_now

MAX_ERROR = 4_000


class Operation(models.Model):
    """One rebuild, swap or other operation: who started it, its progress, and its outcome."""

    class Kind(models.TextChoices):
        """What is done to the index."""

        CREATE = "create", _("create")
        REBUILD = "rebuild", _("rebuild")
        SWAP = "swap", _("swap alias")
        ROLLBACK = "rollback", _("roll back")
        PRUNE = "prune", _("prune")
        DELETE = "delete", _("delete")
        REFRESH = "refresh", _("refresh")
        DRAIN = "drain", _("drain")
        REINDEX = "reindex", _("reindex objects")
        VERIFY = "verify", _("verify")
        UPDATE = "update", _("update mapping")
        SYNONYMS = "synonyms", _("put synonyms")
        PREVIEW = "preview", _("preview a swap")

    class State(models.TextChoices):
        """The state of the operation. A running operation whose lease has expired was killed."""

        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    connection = models.CharField(_("connection"), max_length=100)
    index = models.CharField(
        _("index"),
        max_length=255,
        help_text=_("The name of the index, as the project declares it."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    generation = models.CharField(
        _("generation"),
        max_length=255,
        blank=True,
        help_text=_("The generation that the operation creates or makes live."),
    )
    who = models.CharField(
        _("user"),
        max_length=255,
        blank=True,
        help_text=_("The user who started the operation, or the system account of the process."),
    )
    host = models.CharField(_("host"), max_length=255, blank=True)
    pid = models.PositiveIntegerField(_("process ID"), null=True, blank=True)
    owner = models.CharField(
        _("owner"),
        max_length=32,
        blank=True,
        help_text=_(
            "A random value that identifies the process doing the operation. A process that takes "
            "the operation over sets its own."
        ),
    )
    leased_until = models.DateTimeField(
        _("leased until"),
        null=True,
        blank=True,
        help_text=_("Until when that process is assumed to be alive."),
    )
    cancel_requested = models.BooleanField(_("cancel requested"), default=False)
    steps = models.JSONField(
        _("steps"),
        default=list,
        help_text=_("The steps of the operation, each with its name, start, end and progress."),
    )
    details = models.JSONField(
        _("details"),
        default=dict,
        help_text=_("The results of the operation."),
    )
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    begun_at = models.DateTimeField(
        _("begun at"),
        null=True,
        blank=True,
        help_text=_("When the work began. Until then, the operation was queued."),
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        default_permissions = ()
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["connection", "index", "state"], name="elasticsearch_operation_of")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.index}"

    def finish(
        self,
        state: "Operation.State",
        error: str = "",
        *,
        at: datetime | None = None,
        **values: Any,
    ) -> bool:
        """End the operation, unless another process took it over or ended it in the meantime.

        Args:
            state: a final state.
            error: why it failed.
            at: when it ended; now if omitted.
            values: other columns to write with it.

        Returns:
            Whether this call ended the operation.
        """
        ended = at or database_now(self._state.db or DEFAULT_DB_ALIAS)
        if self.steps and not self.steps[-1]["ended"]:
            self.steps[-1]["ended"] = ended.isoformat()
        mine = (
            type(self)
            .objects.using(self._state.db)
            .filter(pk=self.pk, owner=self.owner, state=self.state)
        )
        values |= {"error": error[:MAX_ERROR], "steps": self.steps, "ended_at": ended}
        done = mine.update(state=state, leased_until=None, **values)
        if done:
            self.state = state
            for name, value in values.items():
                setattr(self, name, value)
        return bool(done)
