"""Send the same searches in two ways, and compare the results."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..backends.transport.deadline import Deadline, is_out_of_time, until
from ..exceptions import ConnectionTimedOut
from ..indices.definition import IndexDefinition
from ..search.site.parts import SearchParts
from .ask import AT_ONCE, Found, Question
from .judgements.judge import read_grades
from .judgements.metrics import ndcg
from .log.report import read_report
from .log.spellings import read_spellings
from .overlap import overlap
from .searches import KnownSearch, searches_of

SIZE = 10
"""The number of results of a search that are compared."""
DAYS = 30
LOOKED_THROUGH = 5
"""This factor times the number of searches to send is the number of logged searches to read."""

Asked = tuple[Question, SearchParts]
Side = Callable[[Sequence[Asked]], list[Found]]
"""Sends some searches, at most ``AT_ONCE``, in one of the ways."""
OnBatch = Callable[[int, int], None]
"""Called with the number of searches sent so far, and the total."""


@dataclass(frozen=True)
class SearchChange:
    """One search, before and after.

    Args:
        question: the search.
        count: how often it was searched; 0 if it is only judged.
        before: its results now.
        after: its results after the change.
    """

    question: Question
    count: int
    before: Found
    after: Found

    @property
    def error(self) -> str:
        """Why the search could not be compared; "" if it could."""
        return self.after.error or self.before.error

    @property
    def same(self) -> bool:
        """Whether the number of hits and the first hits are the same."""
        alike = self.before.keys == self.after.keys and self.before.total == self.after.total
        return alike and not self.error

    @property
    def lost(self) -> bool:
        """Whether the search would no longer find anything."""
        return bool(self.before.total) and not self.after.total and not self.error

    @property
    def overlap(self) -> float:
        """The rank-biased overlap of the first ten."""
        return overlap(self.before.keys, self.after.keys)

    @property
    def came_in(self) -> tuple[str, ...]:
        """The keys that are among the first ten only after the change."""
        return tuple(key for key in self.after.keys if key not in self.before.keys)

    @property
    def went_out(self) -> tuple[str, ...]:
        """The keys that are among the first ten only before the change."""
        return tuple(key for key in self.before.keys if key not in self.after.keys)

    @property
    def promoted(self) -> tuple[str, ...]:
        """The keys that a promotion puts first, before or after the change."""
        return tuple(dict.fromkeys((*self.after.promoted, *self.before.promoted)))


@dataclass(frozen=True)
class Comparison:
    """The effect of a change on searches.

    Args:
        asked: how many searches were sent.
        left_out: how many searches were left out, because time ran out or the search no longer
            accepts them.
        changes: the searches with different results, the most changed first.
        ndcg_before: the average nDCG of the judged searches; None if there are none.
        ndcg_after: the same after the change.
    """

    asked: int
    left_out: int
    changes: tuple[SearchChange, ...]
    ndcg_before: float | None
    ndcg_after: float | None

    @property
    def same(self) -> int:
        """How many searches have the same results."""
        return self.asked - len(self.changes)

    @property
    def lost(self) -> tuple[SearchChange, ...]:
        """The searches that lose all their hits."""
        return tuple(change for change in self.changes if change.lost)


def tell_nobody(done: int, total: int) -> None:
    """Ignore the progress."""


def compare(
    definition: IndexDefinition,
    before: Side,
    after: Side,
    *,
    searches: int,
    seconds: float,
    only: KnownSearch | None = None,
    on_batch: OnBatch = tell_nobody,
) -> Comparison:
    """Send the most frequent logged searches, and all judged searches, in two ways.

    Args:
        searches: the maximum number of logged searches to send.
        seconds: the time for all requests together; searches without an answer by then are
            left out.
        only: the only declared search to use; all searches of the index if omitted.
        on_batch: called before each batch; an exception ends the comparison.

    Raises:
        ConnectionTimedOut: not even the first request was answered in time.
        ElasticsearchAdminError: a request failed.
    """
    deadline = Deadline(seconds)
    grades = read_grades(definition)
    known = (only,) if only else searches_of(definition)
    every = list(_questions(definition, known, searches, list(grades)))
    readable = [
        (question, count, parts)
        for question, count in every
        if (parts := question.parts()) is not None
    ]
    asked: list[SearchChange] = []
    for start in range(0, len(readable), AT_ONCE):
        on_batch(start, len(readable))
        if deadline.passed:
            break
        some = readable[start : start + AT_ONCE]
        pairs = [(question, parts) for question, _count, parts in some]
        with until(deadline):
            try:
                answers = zip(before(pairs), after(pairs), strict=True)
            except ConnectionTimedOut:
                if not (asked and is_out_of_time()):
                    raise
                # What was answered in time is worth more than an error.
                break
        asked += [
            SearchChange(question, count, *found)
            for (question, count, _parts), found in zip(some, answers, strict=True)
        ]
    judged = [
        (ndcg(one.before.keys, found), ndcg(one.after.keys, found))
        for one in asked
        if (found := grades.get((one.question.search.name, one.question.words)))
        and not (one.question.filters or one.question.order)
    ]
    different = [one for one in asked if not one.same]
    different.sort(key=lambda one: (not one.lost, one.overlap, -one.count, one.question.words))
    return Comparison(
        asked=len(asked),
        left_out=len(every) - len(asked),
        changes=tuple(different),
        ndcg_before=fmean(before for before, _after in judged) if judged else None,
        ndcg_after=fmean(after for _before, after in judged) if judged else None,
    )


def _questions(
    definition: IndexDefinition,
    searches: Iterable[KnownSearch],
    most: int,
    judged: list[tuple[str, str]],
) -> Iterator[tuple[Question, int]]:
    """Yield each search to send once, with how often it was searched."""
    known = {search.name: search for search in searches}
    seen: set[tuple[str, str]] = set()
    # The list has the searches of all services of the index, of which this service may have few.
    lines = read_report(definition, "frequent", DAYS, most * LOOKED_THROUGH).lines if most else ()
    for line in [line for line in lines if line.search in known][:most]:
        search = known[line.search]
        yield Question(search, line.words, line.filters, line.order, line.spelling), line.count
        if not (line.filters or line.order):
            seen.add((line.search, line.words))
    left = [(name, words) for name, words in judged if name in known and (name, words) not in seen]
    typed = read_spellings(definition, left)
    for name, words in left:
        yield Question(known[name], words, spelling=typed.get((name, words), "")), 0


def sentence(result: Comparison) -> str:
    """Return the most important results in one sentence."""
    return sentence_of(result.asked, result.same, len(result.lost))


def sentence_of(asked: int, same: int, lost: int) -> str:
    """Return the same sentence for a stored comparison."""
    if not asked:
        return _("No search is logged or judged, so nothing could be compared.")
    clauses = {
        "asked": _say(ngettext("Of %(n)s search", "Of %(n)s searches", asked), asked),
        "same": _say(ngettext("%(n)s is the same", "%(n)s are the same", same), same),
        "lost": _say(ngettext("%(n)s loses all hits", "%(n)s lose all hits", lost), lost)
        if lost
        else _("none loses all hits"),
    }
    return _("%(asked)s %(same)s, %(lost)s.") % clauses


def _say(text: str, count: int) -> str:
    return text % {"n": number_format(count, use_l10n=True, force_grouping=True)}


MOST_KEPT = 100
"""The number of changes that are stored with a comparison."""


def kept(result: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON, for the record of an operation."""
    return {
        "asked": result.asked,
        "same": result.same,
        "lost": len(result.lost),
        "left_out": result.left_out,
        "changed": len(result.changes),
        "ndcg_before": result.ndcg_before,
        "ndcg_after": result.ndcg_after,
        "changes": [
            {
                "question": {
                    "words": one.question.words,
                    "filters": one.question.filters,
                    "order": one.question.order,
                    "search": {"name": one.question.search.name},
                },
                "count": one.count,
                "before": {"total": one.before.total, "milliseconds": one.before.milliseconds},
                "after": {"total": one.after.total, "milliseconds": one.after.milliseconds},
                "overlap": one.overlap,
                "lost": one.lost,
                "error": one.error,
                "came_in": list(one.came_in),
                "went_out": list(one.went_out),
                "promoted": list(one.promoted),
            }
            for one in result.changes[:MOST_KEPT]
        ],
    }
