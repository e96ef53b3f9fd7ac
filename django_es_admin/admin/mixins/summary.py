"""The line above the results."""

from dataclasses import dataclass

from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...search.page import PageHits
from ...search.service import SearchHits
from ...search.words import MAX_WORDS, read_words
from .advanced import Mistake, point_at
from .changelist import ElasticsearchChangeListMixin


@dataclass(frozen=True)
class Summary:
    """What the line says.

    Args:
        term: what was searched for.
        count: rows found, all filters and restrictions applied.
        number: the same, as people read it.
        ranked: whether the best come first.
        best_first_url: where they would; "" if they do, or cannot.
        notes: sentences about what was left out.
        suggestion: the words as they may have been meant; "" if none are better.
        suggestion_url: where they are searched for.
        limit: how many hits were looked at, as people read it; "" if all of them were.
        mistake: where the search was not understood; None if it was.
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


def summarise(changelist: ElasticsearchChangeListMixin) -> Summary:
    """Return the summary of a change list that was searched."""
    hits = changelist.answer.hits if changelist.answer else None
    mistake = changelist.answer.mistake if changelist.answer else None
    sorted_by_column = bool(hits and not changelist.is_ranked)
    # A word of a row that someone may not see is nothing to tell, either.
    suggestion = hits.suggestion if hits and changelist.may_tell_of_hits else ""
    return Summary(
        term=changelist.query.strip(),
        count=changelist.result_count,
        number=_number(changelist.result_count),
        ranked=changelist.is_ranked,
        best_first_url=changelist.get_query_string({ORDER_VAR: None}) if sorted_by_column else "",
        notes=tuple(_notes(changelist, hits)),
        suggestion=suggestion,
        suggestion_url=changelist.get_query_string({SEARCH_VAR: suggestion}, [PAGE_VAR]),
        limit=_number(hits.listed) if hits and hits.limited else "",
        mistake=point_at(changelist.query, mistake) if mistake else None,
    )


def _notes(
    changelist: ElasticsearchChangeListMixin, hits: SearchHits | PageHits | None
) -> list[str]:
    notes = []
    mistaken = bool(changelist.answer and changelist.answer.mistake)
    if read_words(changelist.query).truncated and not mistaken:
        notes.append(
            _("The search was shortened: it takes %(words)s words, long ones by their beginning.")
            % {"words": MAX_WORDS}
        )
    if hits and hits.limited and changelist.result_count:
        numbers = {"limit": _number(hits.listed), "total": _number(hits.total)}
        # How many rows match that someone may not see is nothing to tell.
        told = (
            _("These are from the best %(limit)s of %(total)s hits: add a word to see the others.")
            if changelist.may_tell_of_hits
            else _("These are from the best %(limit)s hits: add a word to see the others.")
        )
        notes.append(told % numbers)
    missing = _count_missing(changelist, hits) if hits else 0
    if missing:
        notes.append(
            ngettext(
                "%(number)s hit is not in the database any more.",
                "%(number)s hits are not in the database any more.",
                missing,
            )
            % {"number": _number(missing)}
        )
    return notes


def _count_missing(changelist: ElasticsearchChangeListMixin, hits: SearchHits | PageHits) -> int:
    """Return how many hits have no row; 0 where something leaves out others, too."""
    return hits.listed - changelist.result_count if changelist.has_all_hits else 0


def _number(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)
