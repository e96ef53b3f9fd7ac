"""The rules of synonyms. The copies in Elasticsearch can always be made again from them."""

import re
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

_ARROW = re.compile(r"(?<!\\)=>")
_COMMA = re.compile(r"(?<!\\),")


class Synonym(models.Model):
    """One rule of a set: ``pc, computer`` or ``tv => television``."""

    connection = models.CharField(_("connection"), max_length=100, default="default")
    name = models.CharField(
        _("set"),
        max_length=150,
        help_text=_(
            "The name of a synonym set, as the analysis settings of a document give it in "
            "“synonyms_set”."
        ),
    )
    rule = models.CharField(
        _("rule"),
        max_length=500,
        help_text=_(
            "Words with the same meaning, separated by commas: “pc, computer”. Or words to "
            "replace, followed by their replacement: “tv => television”."
        ),
    )
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("synonym")
        verbose_name_plural = _("synonyms")
        ordering: ClassVar = ["connection", "name", "rule"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "name", "rule"], name="elasticsearch_synonym_once"
            )
        ]

    def __str__(self) -> str:
        return self.rule

    def clean_fields(self, exclude: Any = None) -> None:
        """Normalise the rule, and validate it.

        Raises:
            ValidationError: Elasticsearch would refuse the rule, or ignore a part of it.
        """
        self.rule = tidy(self.rule)
        super().clean_fields(exclude)
        if problem := find_rule_problem(self.rule):
            raise ValidationError({"rule": problem})


def tidy(rule: str) -> str:
    """Return a rule with single spaces, ``a, b => c``, so that the same rule is stored once."""
    sides = [
        ", ".join(" ".join(term.split()) for term in _COMMA.split(side))
        for side in _ARROW.split(rule)
    ]
    return " => ".join(sides).strip()


def terms_of(rule: str) -> list[list[str]]:
    """Return the terms of a rule, those before and those after the arrow."""
    return [[term.strip() for term in _COMMA.split(side)] for side in _ARROW.split(rule)]


def plain_terms(rule: str) -> list[str]:
    """Return each term of a rule once, without the backslashes that escape characters."""
    terms = (term for side in terms_of(rule) for term in side)
    return list(dict.fromkeys(re.sub(r"\\(.)", r"\1", term) for term in terms))


def find_rule_problem(rule: str) -> str:
    """Return why a rule is invalid, or "" if it is valid.

    The format is that of Solr, see "Synonym token filter" in the Elasticsearch reference.
    """
    if rule.startswith("#"):
        return _now("A rule that begins with “#” is a comment, which changes nothing.")
    if not all(character.isprintable() for character in rule):
        return _now("A rule is one line, without control characters.")
    if re.search(r"(?<!\\)(?:\\\\)*\\$", rule):
        return _now("Nothing follows the backslash at its end.")
    sides = terms_of(rule)
    if len(sides) > 2:
        return _now("A rule has one arrow at most.")
    if not all(all(side) for side in sides):
        return _now("A word is missing beside a comma or the arrow.")
    if len(sides) == 1 and len(set(sides[0])) < 2:
        return _now("A rule without an arrow has two different words at least.")
    return ""
