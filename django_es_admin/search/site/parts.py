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
        words: that are looked for.
        query: for the words.
        fields: in which they are looked for.
        matching: how.
        selections: what a document has to have beside the words: the service's own first.
        promotions: what comes first, and what never comes; not in ``query``.
        sort: the order, in Elasticsearch's terms; empty for the best first.
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
