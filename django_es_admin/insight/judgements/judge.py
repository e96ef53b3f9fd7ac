"""Send the judged searches to an index, and measure how good the results are."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from django.db import router

from ...exceptions import NothingJudged
from ...indices.definition import IndexDefinition
from ...models import Judgement
from ..ask import AT_ONCE, Found, Question, ask, index_to_ask
from ..log.spellings import read_spellings
from ..searches import find_search
from .metrics import ndcg, precision, reciprocal_rank

SIZE = 10
"""How many results of a search are used."""
MOST = 100
"""The number of results in which the first relevant one is looked for."""


@dataclass(frozen=True)
class JudgedSearch:
    """One judged search and its results.

    Args:
        search: the name of the service.
        words: the words of the search.
        judged: how many results are judged.
        unjudged: how many of the first ten results are not judged.
        hits: the number of hits.
        precision: the share of relevant results among the first ten.
        reciprocal_rank: 1 divided by the rank of the first relevant result.
        ndcg: the nDCG of the first ten results.
        error: why there is no answer; "" if there is one.
    """

    search: str
    words: str
    judged: int
    unjudged: int
    hits: int
    precision: float
    reciprocal_rank: float
    ndcg: float
    error: str = ""


@dataclass(frozen=True)
class JudgeResult:
    """How good the results of an index are.

    Args:
        definition: the index.
        generation: the generation that was asked.
        searches: the judged searches, the worst first.
    """

    definition: IndexDefinition
    generation: str
    searches: tuple[JudgedSearch, ...]

    @property
    def precision(self) -> float:
        """The average precision."""
        return fmean(one.precision for one in self.searches)

    @property
    def mrr(self) -> float:
        """The mean reciprocal rank."""
        return fmean(one.reciprocal_rank for one in self.searches)

    @property
    def ndcg(self) -> float:
        """The average nDCG."""
        return fmean(one.ndcg for one in self.searches)


def judge(definition: IndexDefinition, generation: str = "") -> JudgeResult:
    """Send every judged search to an index.

    Args:
        generation: the generation to ask; "" for the live one.

    Raises:
        NothingJudged: no search of this index is judged.
        GenerationUnknown: the index has no such generation.
        SearchUnknown: a judged search is no longer declared.
        ElasticsearchAdminError: a request failed.
    """
    grades = read_grades(definition)
    if not grades:
        raise NothingJudged(
            f"No search of {definition.name} is judged: add judgements in the admin, or import "
            f"them."
        )
    index = index_to_ask(definition, generation)
    judged: list[JudgedSearch] = []
    names = sorted(grades)
    typed = read_spellings(definition, names)
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        questions = [
            Question(find_search(definition, name), words, spelling=typed.get((name, words), ""))
            for name, words in some
        ]
        parts = [question.parts() for question in questions]
        answers = iter(ask(definition, index, [each for each in parts if each], MOST))
        for name, each in zip(some, parts, strict=True):
            found = next(answers) if each else Found(error="The search does not take these words.")
            judged.append(_judge(*name, found, grades[name]))
    judged.sort(key=lambda one: (one.ndcg, one.words))
    return JudgeResult(definition, index, tuple(judged))


def read_grades(definition: IndexDefinition) -> dict[tuple[str, str], dict[str, int]]:
    """Return search and words of each judged search -> key -> grade."""
    rows: Iterable[tuple[str, str, str, int]] = (
        Judgement.objects.using(router.db_for_read(Judgement))
        .filter(connection=definition.using, index=definition.name)
        .values_list("search", "words", "key", "grade")
    )
    grades: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for search, words, key, grade in rows:
        grades[search, words][key] = grade
    return dict(grades)


def _judge(search: str, words: str, found: Found, grades: dict[str, int]) -> JudgedSearch:
    return JudgedSearch(
        search=search,
        words=words,
        judged=len(grades),
        unjudged=sum(key not in grades for key in found.keys[:SIZE]),
        hits=found.total,
        precision=precision(found.keys, grades, SIZE),
        reciprocal_rank=reciprocal_rank(found.keys, grades),
        ndcg=ndcg(found.keys, grades, SIZE),
        error=found.error,
    )
