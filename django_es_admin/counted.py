"""Numbers with their nouns: "1 document", "2,470 documents".

A sentence with one number is a single ``ngettext``. A sentence with several numbers uses this
module for each, or has the numbers after a colon.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from django.utils.formats import number_format
from django.utils.translation import ngettext

Noun = Literal["change", "character", "document", "generation", "hit", "object", "row", "search"]

_FORMS: Mapping[Noun, Callable[[int], str]] = {
    "change": lambda n: ngettext("%(count)s change", "%(count)s changes", n),
    "character": lambda n: ngettext("%(count)s character", "%(count)s characters", n),
    "document": lambda n: ngettext("%(count)s document", "%(count)s documents", n),
    "generation": lambda n: ngettext("%(count)s generation", "%(count)s generations", n),
    "hit": lambda n: ngettext("%(count)s hit", "%(count)s hits", n),
    "object": lambda n: ngettext("%(count)s object", "%(count)s objects", n),
    "row": lambda n: ngettext("%(count)s row", "%(count)s rows", n),
    "search": lambda n: ngettext("%(count)s search", "%(count)s searches", n),
}


def counted(count: int | None, noun: Noun) -> str:
    """Return a number with its noun, in the active language; a dash for an unknown number."""
    shown = "—" if count is None else number_format(count, use_l10n=True, force_grouping=True)
    return _FORMS[noun](2 if count is None else count) % {"count": shown}


def many(count: int | None, one: str, more: str = "") -> str:
    """Return a number with its noun in English, for commands, logs and errors of the build.

    Args:
        count: the number; "-" if unknown.
        one: the noun after 1.
        more: the noun after any other number; by default with an "s".
    """
    shown = "-" if count is None else f"{count:,}"
    return f"{shown} {one if count == 1 else more or one + 's'}"
