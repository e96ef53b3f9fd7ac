"""A page of results with the grades that they have, and how they get others."""

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
"""Results of a page."""


@dataclass(frozen=True)
class GradedResult:
    """One result, or an object that is judged and not among them.

    Args:
        key: of the object.
        text: the object in words; "" where the database has none.
        rank: among the results, the first is 1; None where it is not among them.
        grade: that it has; None where it is not judged.
        promoted: whether a promotion puts it there.
    """

    key: str
    text: str
    rank: int | None
    grade: int | None
    promoted: bool = False


@dataclass(frozen=True)
class GradedResults:
    """What a search finds, and what staff think of it.

    Args:
        words: as they are judged.
        hits: how many there are.
        results: the first ones, then the judged objects that are not among them.
        error: why there is no answer; "" if there is one.
    """

    words: str
    hits: int
    results: tuple[GradedResult, ...]
    error: str = ""


@dataclass(frozen=True)
class Graded:
    """What ``grade`` changed.

    Args:
        set: judgements that were added or changed.
        removed: how many were taken back.
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
        filters: as the log has them, JSON.
        order: name of an order of the search.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    words = normalise(text)
    parts = Question(search, words, filters, order, spelling=text).parts()
    if parts is None:
        told = _("The search does not take these words and filters.")
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
    """Give grades to results of a search; what has the same already is left alone.

    Args:
        grades: key -> grade; None takes a judgement back.
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
    """Return key -> the object in words."""
    part = next((one for one in definition.parts if one.document is search.document), definition)
    places = search.document.django.places
    texts = {}
    for row in objects(part).filter(rows_of(search.document, keys)):
        place = places.place_of(row)
        texts[str(row.pk) if place is None else place.id] = str(row)
    return texts
