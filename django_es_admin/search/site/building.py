"""Make the search from the words and criteria of a visitor. Nothing is sent here."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from elasticsearch import dsl

from ..text.fields import Query, read_fields
from ..text.query import build_marking, build_query
from ..text.words import Words
from .answer.ready import Ready
from .declaration import SearchDeclaration
from .hits import highlighted
from .parts import SearchParts
from .promotions import Promotions, find_promotions
from .visitor.criteria import Selection, find_field

if TYPE_CHECKING:
    from elasticsearch.dsl import Search


class SearchBuilding(SearchDeclaration):
    """The search of a :class:`~django_es_admin.search.SearchService`, before it is sent."""

    def get_query(self, words: Words) -> Query | dsl.Query:
        """Return the query for words; override it to rank differently."""
        return build_query(read_fields(self.document, self.fields), words, self._matching)

    def get_highlight_query(self, path: str, words: Words) -> Query:
        """Return the query for the matches to mark in a field; override it with ``get_query``."""
        return build_marking(find_field(self.document, path), words, self._matching)

    def read(
        self, query: str | None = None, *, sort_by: str | None = None, **criteria: Any
    ) -> SearchParts:
        """Return the parts of the search for words and criteria, without sending anything.

        Args:
            query, sort_by, criteria: see ``search``.

        Raises:
            SearchParameterInvalid: a value is invalid.
            TypeError: there is no such criterion.
        """
        words, selections = self._read_words(query), self._read_selections(criteria)
        made: Any = self.get_query(words) if words else {"match_all": {}}
        return SearchParts(
            words=words,
            query=made.to_dict() if isinstance(made, dsl.Query) else made,
            fields=read_fields(self.document, self.fields),
            matching=self._matching,
            selections=(*self._default_selections(), *selections),
            sort=self._read_paging(sort_by, 1, 1, None).sort,
            promotions=self._promotions(words),
        )

    def _build_answer(self, words: Words, selections: Sequence[Selection]) -> "Search[Any]":
        """Return the search of :meth:`answer`."""
        return self._build(words, selections)

    def _build(self, words: Words, selections: Sequence[Selection]) -> "Search[Any]":
        search = self.document.search()
        if words:
            query = self.get_query(words)
            if promotions := self._promotions(words):
                body = query.to_dict() if isinstance(query, dsl.Query) else query
                query = promotions.apply(body)
            search = search.query(query if isinstance(query, dsl.Query) else Ready(query))
            if marked := self._highlighted():
                search = highlighted(
                    search, marked, lambda path: self.get_highlight_query(path, words)
                )
        everywhere = [*self._default_selections(), *selections]
        if everywhere:
            queries = [Ready(selection.query) for selection in everywhere]
            search = search.query(dsl.query.Bool(filter=queries))
        if self._includes or self.source_excludes:
            search = search.source(
                includes=list(self._includes) or None,
                excludes=list(self.source_excludes) or None,
            )
        return search

    def _promotions(self, words: Words) -> Promotions:
        """Return the promotions for the words."""
        return find_promotions(self.document, type(self).__name__, words)
