"""What people search."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class LoggedSearch(models.Model):
    """One search on one day: how often, with how many hits, in what time; nobody's in particular.

    The row without words is that of the day as a whole.
    """

    day = models.DateField(_("day"))
    connection = models.CharField(_("connection"), max_length=100)
    index = models.CharField(_("index"), max_length=255)
    digest = models.CharField(_("digest"), max_length=32, blank=True)
    search = models.CharField(
        _("search"), max_length=200, blank=True, help_text=_("The service that was asked.")
    )
    words = models.CharField(_("words"), max_length=200, blank=True)
    spelling = models.CharField(
        _("spelling"), max_length=200, blank=True, help_text=_("The words as they were typed last.")
    )
    filters = models.CharField(_("filters"), max_length=200, blank=True)
    order = models.CharField(_("order"), max_length=100, blank=True)
    count = models.PositiveIntegerField(_("searches"), default=0)
    missed = models.PositiveIntegerField(
        _("without a hit"), default=0, help_text=_("How many of the searches found nothing.")
    )
    hits = models.PositiveIntegerField(
        _("hits"), default=0, help_text=_("Of the last of the searches.")
    )
    promoted = models.PositiveIntegerField(
        _("promoted"), default=0, help_text=_("How many of the searches showed a promoted result.")
    )
    milliseconds = models.FloatField(
        _("milliseconds"), default=0.0, help_text=_("Of all the searches together.")
    )
    slowest = models.FloatField(_("slowest"), default=0.0)
    clicks = models.PositiveIntegerField(
        _("opened"), default=0, help_text=_("How many results were opened.")
    )
    passed = models.PositiveIntegerField(
        _("passed"), default=0, help_text=_("The results above those that were opened, together.")
    )

    class Meta:
        default_permissions = ("view",)
        verbose_name = _("search")
        verbose_name_plural = _("searches")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "index", "digest", "day"], name="elasticsearch_search"
            )
        ]
        # One for each list of the page: each takes the first rows of each day, and reads of them
        # no more than the index has.
        indexes: ClassVar = [
            models.Index(
                fields=["connection", "index", "day", "-count", "digest"],
                name="elasticsearch_search_often",
            ),
            models.Index(
                fields=["connection", "index", "day", "-missed", "digest"],
                name="elasticsearch_search_missed",
            ),
            models.Index(
                fields=["connection", "index", "day", "-slowest", "digest"],
                name="elasticsearch_search_slow",
            ),
            models.Index(
                fields=["connection", "index", "day", "-passed", "digest"],
                name="elasticsearch_search_late",
            ),
            models.Index(fields=["day"], name="elasticsearch_search_day"),
        ]

    def __str__(self) -> str:
        return self.spelling or str(self.day)


class OpenedResult(models.Model):
    """One result of one search that was opened on one day: how often, and how far down."""

    day = models.DateField(_("day"))
    connection = models.CharField(_("connection"), max_length=100)
    index = models.CharField(_("index"), max_length=255)
    digest = models.CharField(_("digest"), max_length=32, help_text=_("Of the search."))
    key = models.CharField(_("key"), max_length=200, help_text=_("Of the object."))
    clicks = models.PositiveIntegerField(_("opened"), default=0)
    passed = models.PositiveIntegerField(
        _("passed"), default=0, help_text=_("The results above it, each time.")
    )

    class Meta:
        # The page of the searches shows it.
        default_permissions = ()
        verbose_name = _("opened result")
        verbose_name_plural = _("opened results")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "index", "digest", "day", "key"],
                name="elasticsearch_opened",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["day"], name="elasticsearch_opened_day")]

    def __str__(self) -> str:
        return self.key
