"""Judgements: how staff grade the results of searches."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..normal import normalise


class Judgement(models.Model):
    """The grade of one object among the results of one search."""

    class Grade(models.IntegerChoices):
        """How well the object fits the search."""

        WRONG = 0, _("does not belong there")
        FAIR = 1, _("belongs there")
        GOOD = 2, _("belongs on the first page")
        BEST = 3, _("belongs among the first three")

    connection = models.CharField(_("connection"), max_length=100, default="default")
    index = models.CharField(
        _("index"),
        max_length=255,
        help_text=_("The name of the index, as the project declares it."),
    )
    search = models.CharField(
        _("search"),
        max_length=200,
        help_text=_("The name of the class of a search service, or “all fields”."),
    )
    words = models.CharField(_("words"), max_length=200)
    key = models.CharField(_("key"), max_length=200, help_text=_("The primary key of the object."))
    grade = models.PositiveSmallIntegerField(_("grade"), choices=Grade)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("judgement")
        verbose_name_plural = _("judgements")
        ordering: ClassVar = ["index", "words", "-grade", "key"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "index", "search", "words", "key"],
                name="elasticsearch_judgement_once",
            ),
            models.CheckConstraint(
                condition=models.Q(grade__lte=3), name="elasticsearch_judgement_grade"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.words}: {self.key} {self.get_grade_display()}"

    def clean_fields(self, exclude: Any = None) -> None:
        """Normalise the words as the log does, so that each search is judged only once."""
        self.words = normalise(self.words)
        super().clean_fields(exclude)
