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
    retired_at = models.DateTimeField(
        _("retired at"), null=True, blank=True, help_text=_("When it left those written to.")
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


class Operation(models.Model):
    """One rebuild, swap, deletion …: who began it, how far it is, how it ended."""

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

    class State(models.TextChoices):
        """How far it is; a running one whose lease ran out was killed."""

        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    connection = models.CharField(_("connection"), max_length=100)
    index = models.CharField(_("index"), max_length=255, help_text=_("As the project names it."))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    generation = models.CharField(
        _("generation"), max_length=255, blank=True, help_text=_("The one that it makes or moves.")
    )
    who = models.CharField(
        _("who"), max_length=255, blank=True, help_text=_("The user, or the account of the system.")
    )
    host = models.CharField(_("host"), max_length=255, blank=True)
    pid = models.PositiveIntegerField(_("process"), null=True, blank=True)
    owner = models.CharField(
        _("owner"),
        max_length=32,
        blank=True,
        help_text=_("Drawn by the process that works on it; another one that takes it over draws."),
    )
    leased_until = models.DateTimeField(
        _("leased until"), null=True, blank=True, help_text=_("Until when that process is alive.")
    )
    cancel_requested = models.BooleanField(_("cancel requested"), default=False)
    steps = models.JSONField(
        _("steps"),
        default=list,
        help_text=_("Each with its name, when it began and ended, and how much of it is done."),
    )
    details = models.JSONField(_("details"), default=dict, help_text=_("What it came to."))
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        default_permissions = ()
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["connection", "index", "state"], name="elasticsearch_operation_of")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.index}"


class LoadRange(models.Model):
    """A range of primary keys that one process at a time loads into a generation."""

    generation = models.ForeignKey(
        Generation, on_delete=models.CASCADE, related_name="ranges", verbose_name=_("generation")
    )
    number = models.PositiveIntegerField(_("number"))
    after = models.TextField(
        _("after"), blank=True, help_text=_("The key before its first one; empty at the start.")
    )
    until = models.TextField(
        _("until"), blank=True, help_text=_("Its last key; empty for all that follow.")
    )
    leased_until = models.DateTimeField(
        _("leased until"), null=True, blank=True, help_text=_("Until when somebody works on it.")
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


class RowCount(models.Model):
    """The last exact count of the objects of one index; to count them at each look takes long."""

    connection = models.CharField(_("connection"), max_length=100)
    index = models.CharField(_("index"), max_length=255, help_text=_("As the project names it."))
    rows = models.BigIntegerField(_("rows"), help_text=_("Objects that belong into the index."))
    documents = models.BigIntegerField(
        _("documents"), null=True, blank=True, help_text=_("In the live generation, then.")
    )
    counted_at = models.DateTimeField(_("counted at"))

    class Meta:
        default_permissions = ()
        verbose_name = _("row count")
        verbose_name_plural = _("row counts")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "index"], name="elasticsearch_row_count")
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.rows}"


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
