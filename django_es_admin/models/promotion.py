"""What comes first in the results of some words, and what never comes."""

from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models, router
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..normal import normalise


class Promotion(models.Model):
    """One object in the results of one search: first among them, or not there at all."""

    class Effect(models.TextChoices):
        """What happens to the object."""

        FIRST = "first", _("comes first")
        NEVER = "never", _("is left out")

    connection = models.CharField(_("connection"), max_length=100, default="default")
    index = models.CharField(
        _("index"), max_length=255, help_text=_("The name that the document gives it.")
    )
    search = models.CharField(
        _("search"),
        max_length=200,
        blank=True,
        help_text=_("The class of a search service of the site; empty for all of them."),
    )
    words = models.CharField(
        _("words"),
        max_length=200,
        help_text=_("Of the whole search; capitals and spaces make no difference."),
    )
    key = models.CharField(_("key"), max_length=200, help_text=_("Of the object."))
    effect = models.CharField(_("effect"), max_length=10, choices=Effect, default=Effect.FIRST)
    position = models.PositiveSmallIntegerField(
        _("position"), default=1, help_text=_("The lowest comes first.")
    )
    begins = models.DateField(
        _("first day"), null=True, blank=True, help_text=_("Empty for at once.")
    )
    ends = models.DateField(_("last day"), null=True, blank=True, help_text=_("Empty for no end."))
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
        """Bring the words into the form in which searches are counted."""
        self.words = normalise(self.words)
        super().clean_fields(exclude)

    def clean(self) -> None:
        """Refuse a second row about the same object, words and day.

        Raises:
            ValidationError: there is one.
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
        """Whether it is in force on a day."""
        begun = self.begins is None or self.begins <= day
        return begun and (self.ends is None or day <= self.ends)
