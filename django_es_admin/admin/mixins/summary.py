"""The line above the results."""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from ...search.service import SearchHits
from ...search.words import MAX_WORDS, read_words
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
    """

    term: str
    count: int
    number: str
    ranked: bool
    best_first_url: str
    notes: tuple[str, ...]


def summarise(changelist: ElasticsearchChangeListMixin) -> Summary:
    """Return the summary of a change list that was searched."""
    hits = changelist.answer.hits if changelist.answer else None
    sorted_by_column = bool(hits and not changelist.is_ranked)
    return Summary(
        term=changelist.query.strip(),
        count=changelist.result_count,
        number=_number(changelist.result_count),
        ranked=changelist.is_ranked,
        best_first_url=changelist.get_query_string({ORDER_VAR: None}) if sorted_by_column else "",
        notes=tuple(_notes(changelist, hits)),
    )


def _notes(changelist: ElasticsearchChangeListMixin, hits: SearchHits | None) -> list[str]:
    notes = []
    if read_words(changelist.query).truncated:
        notes.append(
            _("The search was shortened: it takes %(words)s words, long ones by their beginning.")
            % {"words": MAX_WORDS}
        )
    if hits and hits.limited:
        numbers = {"limit": _number(len(hits.ids) + hits.foreign), "total": _number(hits.total)}
        # How many rows match that someone may not see is nothing to tell.
        told = (
            _("These are from the best %(limit)s of %(total)s hits: add a word to see the others.")
            if _shows_all(changelist.root_queryset)
            else _("These are from the best %(limit)s hits: add a word to see the others.")
        )
        notes.append(told % numbers)
    return notes


def _shows_all(queryset: QuerySet[Any]) -> bool:
    query = queryset.query
    return not (query.where or query.is_sliced or query.combinator or query.is_empty())


def _number(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)
