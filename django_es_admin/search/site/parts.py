"""The parts of a search, for code that explains it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..text.fields import Query, SearchField
from ..text.query import Matching
from ..text.words import Words
from .promotions import NO_PROMOTIONS, Promotions
from .visitor.criteria import Selection


@dataclass(frozen=True)
class SearchParts:
    """The parts of one search of a service.

    Args:
        words: the searched words.
        query: the query for the words.
        fields: the searched fields.
        matching: how the words are matched.
        selections: the other conditions, those of the service itself first.
        promotions: the promotions, which are not part of ``query``.
        sort: the order in Elasticsearch's terms; empty for the best first.
    """

    words: Words
    query: Query
    fields: Sequence[SearchField]
    matching: Matching
    selections: Sequence[Selection]
    sort: Sequence[Mapping[str, Any]] = ()
    promotions: Promotions = NO_PROMOTIONS

    @property
    def whole_query(self) -> Query:
        """The query for the words, with the promotions."""
        return self.promotions.apply(self.query)
