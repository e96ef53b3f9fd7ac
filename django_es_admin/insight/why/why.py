"""Check one object step by step, from its row to its rank."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet

from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...exceptions import IndexMissing
from ...indices.definition import IndexDefinition
from ...outbox.objects.read import objects, table_of
from ...search.site.parts import SearchParts
from ...search.site.visitor.criteria import Selection
from ...status.compared_object import ComparedObject, compare_object
from ..searches import KnownSearch, read_parts
from .analysed import LiveFields, read_fields_of
from .matched import Matched, Ranked, ask_parts, rank_of
from .reason import FilterTold, Reason, Why, WordTold
from .score import score_parts
from .words import SearchedWords

_QUERY = "the query"


def explain_why(
    definition: IndexDefinition,
    key: str,
    text: str,
    search: KnownSearch,
    *,
    filters: str = "",
    rows: QuerySet[Any] | None = None,
    tells_rank: bool = True,
) -> Why:
    """Return why a search finds an object, or does not: one reason, with details.

    Args:
        key: the key of the object, as text. The object need not exist.
        text: the words of the search.
        filters: the chosen filters, as JSON; "" for none.
        rows: the rows that the user of the search may see; None for all rows.
        tells_rank: whether to show the rank, which reveals how many other documents match better.

    Raises:
        ElasticsearchAdminError: a request, or the project's own code, failed.
        SearchParameterInvalid: the words or the filters are invalid for this search.
    """
    part = next((one for one in definition.parts if one.document is search.document), definition)
    parts = read_parts(search, text, filters)
    why = Why(part.name, key, text, search.name, Reason.NO_OBJECT)
    deadline = Deadline(get_options().operation_timeout)
    try:
        live = read_fields_of(part.connection, part.alias, deadline)
    except IndexMissing:
        return replace(why, reason=_of_row(part, key) or Reason.INDEX_MISSING)
    compared = compare_object(part, key, deadline)
    why = replace(why, differs=compared.differs, waiting=compared.waiting)
    if compared.indexed is None:
        reason = _of_row(part, key) or _not_there(compared)
        return replace(why, reason=reason, facts=_facts(compared))
    walk = _Walk(part, search, parts, live, compared, deadline)
    return walk.explain(why, rows, tells_rank=tells_rank)


def _of_row(definition: IndexDefinition, key: str) -> Reason | None:
    """Return why an object does not belong in the index; None if it does."""
    assert definition.document is not None  # noqa: S101 (it has searches)
    condition = definition.document.django.places.condition([key])
    if not table_of(definition).filter(condition).exists():
        return Reason.NO_OBJECT
    if not objects(definition).filter(condition).exists():
        return Reason.OUTSIDE_QUERYSET
    return None


def _not_there(compared: ComparedObject) -> Reason:
    """Return why an object in the queryset has no document."""
    if compared.error:
        return Reason.UNMAKEABLE
    if compared.would_be is None:
        return Reason.NOT_TO_BE_INDEXED
    return _behind(compared, Reason.NOT_INDEXED)


def _behind(compared: ComparedObject, otherwise: Reason) -> Reason:
    """Return why the index is not up to date."""
    if compared.refused:
        return Reason.REFUSED
    return Reason.WAITING if compared.waiting else otherwise


def _facts(compared: ComparedObject) -> dict[str, Any]:
    return {"error": compared.error or compared.refused}


@dataclass(frozen=True)
class _Walk:
    """The known facts about one indexed document and one search.

    Args:
        live: the fields of the index.
        compared: the indexed document, and the one that would be indexed now.
    """

    definition: IndexDefinition
    search: KnownSearch
    parts: SearchParts
    live: LiveFields
    compared: ComparedObject
    deadline: Deadline

    def explain(self, why: Why, rows: QuerySet[Any] | None, *, tells_rank: bool) -> Why:
        definition = self.definition
        words = SearchedWords(self.live, self.parts)
        filters: dict[str, Any] = {
            f"filter {n}": each.query for n, each in enumerate(self.parts.selections)
        }
        asked = ask_parts(
            definition,
            self._id,
            {_QUERY: self.parts.whole_query, **filters, **words.checks()},
            self.deadline,
        )
        told = tuple(words.tell(asked.parts, self.compared.indexed))
        why = replace(why, words=told, filters=tuple(self._filters(asked)))
        matched = asked.parts[_QUERY] and all(asked.parts[name] for name in filters)
        if matched and asked.searchable:
            return self._found(why, rows, tells_rank=tells_rank)
        if reason := _of_row(definition, self.compared.key):
            return replace(why, reason=reason)
        if not asked.searchable:
            return replace(why, reason=Reason.NOT_REFRESHED)
        left_out = self._id in self.parts.promotions.never
        if left_out and all(asked.parts[name] for name in filters):
            return replace(why, reason=Reason.LEFT_OUT)
        if self.compared.differs and self._would_be_found(words, told):
            reason = _behind(self.compared, Reason.STALE)
            return replace(why, reason=reason, facts=_facts(self.compared))
        return self._not_found(why, words, told, asked)

    @property
    def _id(self) -> str:
        return self.compared.key

    @property
    def _promoted(self) -> bool:
        return self._id in self.parts.promotions.first

    def _filters(self, asked: Matched) -> list[FilterTold]:
        return [
            FilterTold(
                path=each.path,
                wanted=_wanted(each),
                has=self.live.values(self.compared.indexed, each.path),
                passes=asked.parts[f"filter {n}"],
            )
            for n, each in enumerate(self.parts.selections)
        ]

    def _found(self, why: Why, rows: QuerySet[Any] | None, *, tells_rank: bool) -> Why:
        filters = [each.query for each in self.parts.selections]
        query = self.parts.whole_query
        ranked = rank_of(self.definition, self._id, query, filters, self.deadline)
        if ranked is None:
            return replace(why, reason=Reason.NOT_REFRESHED)
        if not self._promoted:
            why = replace(why, score=ranked.score, score_parts=score_parts(ranked.explanation))
        if _of_row(self.definition, self.compared.key) is Reason.NO_OBJECT:
            return replace(why, reason=Reason.GHOST)
        if rows is not None and not _has_row(self.definition, rows, self.compared.key):
            return replace(why, reason=Reason.HIDDEN_ROW)
        if not tells_rank:
            return replace(why, reason=Reason.PROMOTED if self._promoted else Reason.FOUND)
        return self._at_rank(why, ranked)

    def _at_rank(self, why: Why, ranked: Ranked) -> Why:
        size = self.search.page_size
        window = int(self.definition.settings.get("max_result_window", 10_000))
        window = min(window, get_options().search_max_results)
        page = -(-ranked.rank // size)
        reason = Reason.FOUND
        if ranked.rank > window:
            reason = Reason.BEYOND_WINDOW
        elif page > 1:
            reason = Reason.FAR_DOWN
        elif self._promoted:
            reason = Reason.PROMOTED
        facts = {"page": page, "window": window, "tied": ranked.tied}
        return replace(why, reason=reason, rank=ranked.rank, hits=ranked.hits, facts=facts)

    def _would_be_found(self, words: SearchedWords, told: tuple[WordTold, ...]) -> bool:
        """Return whether the document that would be written now would be found."""
        would_be: Mapping[str, Any] | None = self.compared.would_be
        if would_be is None:
            return False
        for each in self.parts.selections:
            has = self.live.values(would_be, each.path)
            if each.values and not {str(value).lower() for value in each.values} & {
                value.lower() for value in has
            }:
                return False
        matches = [words.would_match(one.word, would_be) for one in told if not one.dropped]
        if not matches:
            return not told
        return all(matches) if self.parts.matching.operator == "and" else any(matches)

    def _not_found(
        self, why: Why, words: SearchedWords, told: tuple[WordTold, ...], asked: Matched
    ) -> Why:
        for each in why.filters:
            if not each.passes:
                facts = {"field": each.path, "wanted": list(each.wanted), "has": list(each.has)}
                return replace(why, reason=Reason.FILTERED, facts=facts)
        if not told:
            return replace(why, reason=Reason.NO_WORDS)
        decisive = [one for one in told if not one.dropped and not one.matches]
        if all(one.dropped for one in told):
            dropped = [one.word for one in told]
            return replace(why, reason=Reason.STOP_WORDS, facts={"words": dropped})
        if not decisive:
            return replace(why, reason=Reason.OWN_QUERY)
        reason, facts = words.why_not(decisive[0].word, self.compared.indexed or {})
        return replace(why, reason=reason, facts=facts)


def _wanted(selection: Selection) -> tuple[str, ...]:
    if selection.values:
        return tuple(
            str(value).lower() if isinstance(value, bool) else str(value)
            for value in selection.values
        )
    signs = {"gte": "≥", "lte": "≤"}
    return tuple(f"{signs.get(side, side)} {value}" for side, value in selection.bounds)


def _has_row(definition: IndexDefinition, rows: QuerySet[Any], key: str) -> bool:
    assert definition.document is not None  # noqa: S101 (it has searches)
    return rows.filter(definition.document.django.places.condition([key])).exists()
