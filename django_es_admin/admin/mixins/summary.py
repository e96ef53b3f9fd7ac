"""The line above the results."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...documents import Document
from ...search.operators.reading import Reading, texts_in
from ...search.operators.tree import Phrase, Word
from ...search.text.query import has_jokers, is_pattern
from ...search.text.words import MAX_WORDS, read_words
from .advanced import Mistake, point_at, tell, why_words
from .shown import Shown


@dataclass(frozen=True)
class Summary:
    """The content of the line.

    Args:
        term: the typed text.
        count: the number of rows, with all filters and restrictions.
        number: the number as text.
        ranked: whether the best rows come first.
        best_first_url: the URL of the list with the best rows first; "" if it is not needed.
        notes: sentences about rows that were left out.
        suggestion: another spelling of the words; "" if none is better.
        suggestion_url: the URL of a search for the suggestion.
        limit: how many hits were used, as text; "" if all of them were.
        mistake: the mistake in the search; None if it was understood.
        reading: a description of a search with operators; "" if it has none.
        is_searched: whether there was a search at all.
        other: what to type for the other reading of the text; "" if there is none.
        other_url: the URL of a search with the other reading.
        other_is: whether the other reading is ``"words"``, ``"operators"``, or operators in
            ``"capitals"``.
    """

    term: str
    count: int
    number: str
    ranked: bool
    best_first_url: str
    notes: tuple[str, ...]
    suggestion: str = ""
    suggestion_url: str = ""
    limit: str = ""
    mistake: Mistake | None = None
    reading: str = ""
    is_searched: bool = True
    other: str = ""
    other_url: str = ""
    other_is: str = ""


def summarise(shown: Shown, document: type[Document], link: Callable[..., str]) -> Summary:
    """Return the summary of a search.

    Args:
        link: the ``get_query_string()`` of the change list.
    """
    hits, mistake = shown.answer.hits, shown.answer.mistake
    reading = shown.reading
    # A suggestion must not reveal a word of a row that the user may not see.
    suggestion = hits.suggestion if hits and shown.may_tell else ""
    return Summary(
        term=shown.term.strip(),
        count=shown.count,
        number=_number(shown.count),
        ranked=shown.ranked,
        best_first_url=link({ORDER_VAR: None}) if hits and not shown.ranked else "",
        notes=tuple(_notes(shown)),
        suggestion=suggestion,
        suggestion_url=link({SEARCH_VAR: suggestion}, [PAGE_VAR]),
        # Also do not reveal that there are more hits.
        limit=_number(hits.listed) if hits and hits.limited and shown.may_tell else "",
        mistake=point_at(shown.term, mistake) if mistake else None,
        reading=tell(document, reading.tree, every=shown.every) if reading.tree else "",
        is_searched=shown.answer.is_searched,
        other=reading.other,
        other_url=link({SEARCH_VAR: reading.other}, [PAGE_VAR]),
        other_is=_other_is(reading),
    )


def _other_is(reading: Reading) -> str:
    if reading.why == "small":
        return "capitals"
    return "words" if reading.tree or reading.why == "mistake" else "operators"


def _notes(shown: Shown) -> list[str]:
    if shown.answer.mistake:
        return []
    notes = []
    reading = shown.reading
    if reading.why and reading.why != "small":
        notes.append(why_words(reading))
    notes += _about_patterns(shown)
    hits = shown.answer.hits
    if read_words(shown.term).truncated:
        notes.append(
            ngettext(
                "The search was shortened: it uses %(words)s word, and only the beginning of very "
                "long words.",
                "The search was shortened: it uses at most %(words)s words, and only the "
                "beginning of very long words.",
                MAX_WORDS,
            )
            % {"words": MAX_WORDS}
        )
    if hits and hits.limited and shown.count:
        numbers = {"limit": _number(hits.listed), "total": _number(hits.total)}
        # The number of matches that the user may not see must not be revealed.
        told = (
            ngettext(
                "This is the best of %(total)s hits: add a word to see the others.",
                "These are from the best %(limit)s of %(total)s hits: add a word to see the "
                "others.",
                hits.listed,
            )
            if shown.may_tell
            else ngettext(
                "This is the best hit: add a word to see the others.",
                "These are from the best %(limit)s hits: add a word to see the others.",
                hits.listed,
            )
        )
        notes.append(told % numbers)
    # If other conditions leave out rows, it is unknown how many hits have no row.
    missing = hits.listed - shown.count if hits and shown.has_all else 0
    if missing > 0:
        notes.append(
            ngettext(
                "%(number)s hit is no longer in the database.",
                "%(number)s hits are no longer in the database.",
                missing,
            )
            % {"number": _number(missing)}
        )
    return notes


def _about_patterns(shown: Shown) -> Iterator[str]:
    """Yield why a ``*`` or ``?`` does not match other letters."""
    tree = shown.reading.tree
    if tree is None:
        words = list(read_words(shown.term).words)
    else:
        words = [text.text for text in texts_in(tree) if isinstance(text, Word)]
        if any("*" in text.text for text in texts_in(tree) if isinstance(text, Phrase)):
            yield _("In quotation marks, * does not stand for other letters.")
    words = [word for word in words if has_jokers(word) and not is_pattern(word)]
    if any("*" in word for word in words):
        yield _(
            "* stands for other letters only after at least two letters of a word, as in “pyth*”."
        )
    if any("*" not in word for word in words):
        yield _(
            "? stands for another letter only after at least two letters of a word, as in “pyth?n”."
        )


def _number(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)
