"""A page of results with their grades, and how to change the grades."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import router, transaction
from django.utils.translation import gettext as _

from ...indices.definition import IndexDefinition
from ...models import Judgement
from ...normal import normalise
from ...outbox.objects.read import objects
from ...search.search_ids import rows_of
from ..ask import Question, ask, index_to_ask
from ..searches import KnownSearch

SIZE = 20
"""The number of results on a page."""


@dataclass(frozen=True)
class GradedResult:
    """One result, or a judged object that is not among the results.

    Args:
        key: the key of the object.
        text: the object as text; "" if it is not in the database.
        rank: the rank among the results, from 1; None if it is not a result.
        grade: the grade; None if it is not judged.
        promoted: whether it is a result because of a promotion.
    """

    key: str
    text: str
    rank: int | None
    grade: int | None
    promoted: bool = False


@dataclass(frozen=True)
class GradedResults:
    """The results of a search, and their grades.

    Args:
        words: the words, as they are judged.
        hits: the number of hits.
        results: the first results, then the judged objects that are not among them.
        error: why there is no answer; "" if there is one.
    """

    words: str
    hits: int
    results: tuple[GradedResult, ...]
    error: str = ""


@dataclass(frozen=True)
class Graded:
    """The number of judgements that ``grade`` changed.

    Args:
        set: how many judgements were added or changed.
        removed: how many judgements were removed.
    """

    set: tuple[Judgement, ...]
    removed: int


def read_results(
    definition: IndexDefinition,
    search: KnownSearch,
    text: str,
    *,
    filters: str = "",
    order: str = "",
) -> GradedResults:
    """Return the first results of a search in the live generation, with their grades.

    Args:
        filters: the filters as JSON, as in the log.
        order: the name of an order of the search.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    words = normalise(text)
    parts = Question(search, words, filters, order, spelling=text).parts()
    if parts is None:
        told = _("The search does not accept these words and filters.")
        return GradedResults(words, 0, (), told)
    [found] = ask(definition, index_to_ask(definition, ""), [parts], SIZE)
    grades = dict(_rows(definition, search, words).values_list("key", "grade"))
    keys = [*found.keys, *(key for key in grades if key not in found.keys)]
    texts = _texts(definition, search, keys)
    ranks = {key: rank for rank, key in enumerate(found.keys, 1)}
    results = [
        GradedResult(
            key, texts.get(key, ""), ranks.get(key), grades.get(key), key in found.promoted
        )
        for key in keys
    ]
    return GradedResults(words, found.total, tuple(results), found.error)


def grade(
    definition: IndexDefinition,
    search: KnownSearch,
    text: str,
    grades: Mapping[str, int | None],
) -> Graded:
    """Grade results of a search. Grades that are already the same are not written.

    Args:
        grades: key -> grade; None removes a judgement.
    """
    words = normalise(text)
    using = router.db_for_write(Judgement)
    changed: list[Judgement] = []
    with transaction.atomic(using=using):
        rows = {row.key: row for row in _rows(definition, search, words, using)}
        gone = [rows[key].pk for key, value in grades.items() if value is None and key in rows]
        for key, value in grades.items():
            row = rows.get(key)
            if value is None or (row and row.grade == value):
                continue
            new, _made = Judgement.objects.using(using).update_or_create(
                connection=definition.using,
                index=definition.name,
                search=search.name,
                words=words,
                key=key,
                defaults={"grade": value},
            )
            changed.append(new)
        Judgement.objects.using(using).filter(pk__in=gone).delete()
    return Graded(tuple(changed), len(gone))


def _rows(definition: IndexDefinition, search: KnownSearch, words: str, using: str = "") -> Any:
    return Judgement.objects.using(using or router.db_for_read(Judgement)).filter(
        connection=definition.using, index=definition.name, search=search.name, words=words
    )


def _texts(definition: IndexDefinition, search: KnownSearch, keys: list[str]) -> dict[str, str]:
    """Return key -> the object as text."""
    part = next((one for one in definition.parts if one.document is search.document), definition)
    places = search.document.django.places
    texts = {}
    for row in objects(part).filter(rows_of(search.document, keys)):
        place = places.place_of(row)
        texts[str(row.pk) if place is None else place.id] = str(row)
    return texts
