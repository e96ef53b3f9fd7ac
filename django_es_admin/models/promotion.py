"""Promotions: the objects that come first in the results of a search, or are left out."""

from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models, router
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..normal import normalise


class Promotion(models.Model):
    """One object that comes first in the results of a search, or is left out of them."""

    class Effect(models.TextChoices):
        """What happens to the object."""

        FIRST = "first", _("comes first")
        NEVER = "never", _("is left out")

    connection = models.CharField(_("connection"), max_length=100, default="default")
    index = models.CharField(
        _("index"),
        max_length=255,
        help_text=_("The name of the index, as the project declares it."),
    )
    search = models.CharField(
        _("search"),
        max_length=200,
        blank=True,
        help_text=_("A search service of the site, or all services of the index."),
    )
    words = models.CharField(
        _("words"),
        max_length=200,
        help_text=_(
            "The whole search, as visitors type it. Capital letters and extra spaces are ignored."
        ),
    )
    key = models.CharField(_("key"), max_length=200, help_text=_("The primary key of the object."))
    effect = models.CharField(_("effect"), max_length=10, choices=Effect, default=Effect.FIRST)
    position = models.PositiveSmallIntegerField(
        _("position"), default=1, help_text=_("Objects with lower positions come first.")
    )
    begins = models.DateField(
        _("first day"),
        null=True,
        blank=True,
        help_text=_("The promotion begins on this day. Leave empty to begin immediately."),
    )
    ends = models.DateField(
        _("last day"),
        null=True,
        blank=True,
        help_text=_("The promotion ends after this day. Leave empty for no end."),
    )
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        ordering: ClassVar = ["index", "words", "effect", "position", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(begins=None) | Q(ends=None) | Q(begins__lte=models.F("ends")),
                name="elasticsearch_promotion_days",
                violation_error_message=_("The last day is before the first one."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.words}: {self.key} {self.get_effect_display()}"

    def clean_fields(self, exclude: Any = None) -> None:
        """Normalise the words as the log does."""
        self.words = normalise(self.words)
        super().clean_fields(exclude)

    def clean(self) -> None:
        """Refuse a second promotion of the same object for the same words and day.

        Raises:
            ValidationError: there is another promotion.
        """
        super().clean()
        rows = Promotion.objects.using(router.db_for_read(Promotion)).filter(
            connection=self.connection, index=self.index, words=self.words, key=self.key
        )
        if self.search:
            rows = rows.filter(search__in=("", self.search))
        if self.begins is not None:
            rows = rows.filter(Q(ends=None) | Q(ends__gte=self.begins))
        if self.ends is not None:
            rows = rows.filter(Q(begins=None) | Q(begins__lte=self.ends))
        if other := rows.exclude(pk=self.pk).first():
            raise ValidationError(
                _("Another promotion is about this object on some of these days: %(other)s."),
                params={"other": other},
            )

    def holds_on(self, day: date) -> bool:
        """Return whether the promotion is active on a day."""
        begun = self.begins is None or self.begins <= day
        return begun and (self.ends is None or day <= self.ends)
