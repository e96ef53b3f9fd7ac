"""The log of searches."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class LoggedSearch(models.Model):
    """The figures of one search on one day, without the users who searched.

    The row without words holds the figures of the whole day.
    """

    day = models.DateField(_("day"))
    connection = models.CharField(_("connection"), max_length=100)
    index = models.CharField(_("index"), max_length=255)
    digest = models.CharField(_("digest"), max_length=32, blank=True)
    search = models.CharField(
        _("search"), max_length=200, blank=True, help_text=_("The search service that was used.")
    )
    words = models.CharField(_("words"), max_length=200, blank=True)
    spelling = models.CharField(
        _("spelling"), max_length=200, blank=True, help_text=_("The words as they were last typed.")
    )
    filters = models.CharField(_("filters"), max_length=200, blank=True)
    order = models.CharField(_("order"), max_length=100, blank=True)
    count = models.PositiveIntegerField(_("searches"), default=0)
    missed = models.PositiveIntegerField(
        _("without a hit"), default=0, help_text=_("The number of searches that found nothing.")
    )
    hits = models.PositiveIntegerField(
        _("hits"), default=0, help_text=_("The number of hits of the last search.")
    )
    promoted = models.PositiveIntegerField(
        _("promoted"),
        default=0,
        help_text=_("The number of searches that showed a promoted result."),
    )
    milliseconds = models.FloatField(
        _("milliseconds"),
        default=0.0,
        help_text=_("The total time of all searches, in milliseconds."),
    )
    slowest = models.FloatField(_("slowest"), default=0.0)
    clicks = models.PositiveIntegerField(
        _("opened"), default=0, help_text=_("The number of results that were opened.")
    )
    passed = models.PositiveIntegerField(
        _("results above"),
        default=0,
        help_text=_("The total number of results above those that were opened."),
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
        # One index for each list of the page: a list takes the first rows of each day, and reads
        # only columns that the index contains.
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
    """How often one result of one search was opened on one day, and how far down it was."""

    day = models.DateField(_("day"))
    connection = models.CharField(_("connection"), max_length=100)
    index = models.CharField(_("index"), max_length=255)
    digest = models.CharField(_("digest"), max_length=32, help_text=_("The digest of the search."))
    key = models.CharField(_("key"), max_length=200, help_text=_("The primary key of the object."))
    clicks = models.PositiveIntegerField(_("opened"), default=0)
    passed = models.PositiveIntegerField(
        _("results above"),
        default=0,
        help_text=_("The total number of results above this one, over all clicks."),
    )

    class Meta:
        # The page of searches shows these rows, so the right to view searches is enough.
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
