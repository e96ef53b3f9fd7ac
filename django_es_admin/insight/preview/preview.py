"""Ask two generations the same searches."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from ...exceptions import GenerationUnknown
from ...indices.definition import IndexDefinition
from ...lifecycle.generations.table import generations_of
from ...models import Generation
from ...search.site.parts import SearchParts
from ..asking import AT_ONCE, Found, Question, ask, index_to_ask
from ..judgements.judge import read_grades
from ..judgements.metrics import ndcg
from ..log.report import read_report
from ..searches import searches_of
from .overlap import overlap

SIZE = 10
"""Results of a search that are compared."""
DAYS = 30
SEARCHES = 200
SECONDS = 60.0


@dataclass(frozen=True)
class SearchChange:
    """One search, before and after.

    Args:
        question: what was asked.
        count: how often it was searched; 0 for one that is only judged.
        before: what the live generation finds.
        after: what the other one finds.
    """

    question: Question
    count: int
    before: Found
    after: Found

    @property
    def error(self) -> str:
        """Why it could not be compared; "" if it could."""
        return self.after.error or self.before.error

    @property
    def same(self) -> bool:
        """Whether both find as many, and the same first ones in the same order."""
        alike = self.before.keys == self.after.keys and self.before.total == self.after.total
        return alike and not self.error

    @property
    def lost(self) -> bool:
        """Whether it would find nothing any more."""
        return bool(self.before.total) and not self.after.total

    @property
    def overlap(self) -> float:
        """The rank-biased overlap of the first ten."""
        return overlap(self.before.keys, self.after.keys)

    @property
    def came_in(self) -> tuple[str, ...]:
        """What is among the first ten only after."""
        return tuple(key for key in self.after.keys if key not in self.before.keys)

    @property
    def went_out(self) -> tuple[str, ...]:
        """What is among the first ten only before."""
        return tuple(key for key in self.before.keys if key not in self.after.keys)


@dataclass(frozen=True)
class Preview:
    """What a swap would change.

    Args:
        definition: of the index.
        live: the generation that is searched now.
        generation: that would be searched.
        asked: how many searches were.
        left_out: how many were not, for want of time, or because the search does not take them.
        changes: those that are not the same, the most changed first.
        ndcg_before: of the judged searches on average; None without any.
        ndcg_after: the same, after.
    """

    definition: IndexDefinition
    live: str
    generation: str
    asked: int
    left_out: int
    changes: tuple[SearchChange, ...]
    ndcg_before: float | None
    ndcg_after: float | None

    @property
    def same(self) -> int:
        """How many searches are the same."""
        return self.asked - len(self.changes)

    @property
    def lost(self) -> tuple[SearchChange, ...]:
        """Those that lose all their hits."""
        return tuple(change for change in self.changes if change.lost)


def preview(
    definition: IndexDefinition,
    generation: str = "",
    *,
    searches: int = SEARCHES,
    seconds: float = SECONDS,
) -> Preview:
    """Return what a swap would change for the searches that people make, and for judged ones.

    Args:
        generation: that would become live; "" for the newest one that is not.
        searches: logged ones that are asked at most.
        seconds: after which no further request begins.

    Raises:
        GenerationUnknown: there is no such generation, or none beside the live one.
        IndexMissing: there is no live generation.
        ElasticsearchAdminError: Elasticsearch cannot be asked.
    """
    target = index_to_ask(definition, generation) if generation else _newest(definition)
    # By its name: what is compared stays the same, though somebody moves the alias.
    live = index_to_ask(definition, "")
    end = time.monotonic() + seconds
    grades = read_grades(definition)
    asked = list(_questions(definition, searches, list(grades)))
    readable = [
        (question, count, parts)
        for question, count in asked
        if (parts := question.parts()) is not None
    ]
    changes: list[SearchChange] = []
    for start in range(0, len(readable), AT_ONCE):
        if time.monotonic() >= end:
            break
        changes += _compare(definition, live, target, readable[start : start + AT_ONCE])
    judged = [
        (ndcg(one.before.keys, found), ndcg(one.after.keys, found))
        for one in changes
        if (found := grades.get((one.question.search.name, one.question.words)))
        and not one.question.filters
    ]
    different = [one for one in changes if not one.same]
    different.sort(key=lambda one: (not one.lost, one.overlap, -one.count, one.question.words))
    return Preview(
        definition=definition,
        live=live,
        generation=target,
        asked=len(changes),
        left_out=len(asked) - len(changes),
        changes=tuple(different),
        ndcg_before=fmean(before for before, _after in judged) if judged else None,
        ndcg_after=fmean(after for _before, after in judged) if judged else None,
    )


def _newest(definition: IndexDefinition) -> str:
    others = generations_of(definition).exclude(role=Generation.Role.LIVE)
    wanted = others.filter(role__in=(Generation.Role.BUILDING, Generation.Role.STANDBY))
    found = wanted.order_by("-pk").first()
    if found is None:
        raise GenerationUnknown(
            f"{definition.name} has no generation beside the live one: `manage.py es_rebuild "
            f"{definition.name} --no-swap` makes one."
        )
    return found.name


def _questions(
    definition: IndexDefinition, most: int, judged: list[tuple[str, str]]
) -> Iterator[tuple[Question, int]]:
    """Yield what to ask, each once, and how often it was searched."""
    known = {search.name: search for search in searches_of(definition)}
    seen: set[tuple[str, str]] = set()
    lines = read_report(definition, "frequent", DAYS).lines if most else ()
    for line in lines[:most]:
        if line.search in known:
            yield Question(known[line.search], line.words, line.filters), line.count
            if not line.filters:
                seen.add((line.search, line.words))
    for name, words in judged:
        if name in known and (name, words) not in seen:
            yield Question(known[name], words), 0


def _compare(
    definition: IndexDefinition,
    live: str,
    target: str,
    some: list[tuple[Question, int, SearchParts]],
) -> list[SearchChange]:
    parts = [each for _question, _count, each in some]
    before = ask(definition, live, parts, SIZE)
    after = ask(definition, target, parts, SIZE)
    return [
        SearchChange(question, count, *answers)
        for (question, count, _parts), answers in zip(
            some, zip(before, after, strict=True), strict=True
        )
    ]


def sentence(result: Preview) -> str:
    """Return what matters in one sentence."""
    if not result.asked:
        return _("No search is logged or judged, so nothing could be asked.")
    numbers = {
        "asked": number_format(result.asked, force_grouping=True),
        "same": number_format(result.same, force_grouping=True),
        "lost": number_format(len(result.lost), force_grouping=True),
    }
    if result.lost:
        told = _("Of %(asked)s searches %(same)s are the same, and %(lost)s lose all hits.")
    else:
        told = _("Of %(asked)s searches %(same)s are the same, and none loses all hits.")
    return told % numbers
