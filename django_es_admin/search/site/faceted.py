"""A site's search with facets.

A choice in a facet does not hide the other values of the facet.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from elasticsearch.dsl import A

from ..text.fields import Query, SearchField
from ..text.words import Words
from .answer.ready import Ready
from .answer.results import SearchResults
from .facets import Aggregation, Facet, StatsFacet
from .service import SearchService
from .telling import telling
from .visitor.criteria import Selection, find_field

if TYPE_CHECKING:
    from elasticsearch.dsl import Search

_VALUES = "values"
_NESTED = "nested"


class FacetedSearchService(SearchService):
    """A :class:`SearchService` with facets.

    Filters and ranges on the field of a facet are choices in it. They apply to the results and the
    other facets, but not to the facet itself, so that its other values can still be chosen.
    """

    facets: ClassVar[Mapping[str, Facet]] = {}
    """Name -> ``TermsFacet``, ``RangeFacet`` or ``StatsFacet``."""

    def build_faceted_search(self, query: str | None = None, **criteria: Any) -> "Search[Any]":
        """Return the search with its facets, to chain further.

        Raises:
            SearchParameterInvalid: a value is invalid.
            TypeError: there is no such criterion.
        """
        return self._build_faceted(self._read_words(query), self._read_selections(criteria))

    def search_with_facets(
        self,
        query: str | None = None,
        *,
        sort_by: str | None = None,
        page: int | str | None = 1,
        page_size: int | str | None = None,
        after: str | None = None,
        **criteria: Any,
    ) -> SearchResults:
        """Return one page of results with ``facets``; otherwise like ``search()``.

        Raises:
            SearchParameterInvalid: a value is invalid, or there is no page with that number.
            TypeError: there is no such criterion.
        """
        words, selections = self._read_words(query), self._read_selections(criteria)
        paging = self._read_paging(sort_by, page, page_size, after)
        tell = telling(self, query, paging, criteria)
        search = self._build_faceted(words, selections)
        return self._answer(search, words, selections, paging, tell)

    def answer(self, parameters: Mapping[str, Any]) -> SearchResults:
        """Return the results with facets for the parameters of a URL.

        Raises:
            SearchParameterInvalid: a value is invalid.
        """
        declared = self.with_declared_fields()
        return declared.search_with_facets(**self.read_parameters(parameters))

    def _named_paths(self) -> Iterator[str]:
        yield from super()._named_paths()
        yield from (facet.field for facet in self.facets.values())

    def _build_answer(self, words: Words, selections: Sequence[Selection]) -> "Search[Any]":
        return self._build_faceted(words, selections)

    def _build_faceted(self, words: Words, selections: Sequence[Selection]) -> "Search[Any]":
        everywhere, chosen = _split(self.facets, selections)
        search = self._build(words, everywhere)
        if chosen:
            search = search.post_filter(Ready(_all_of(chosen)))
        for name, facet in self.facets.items():
            field = find_field(self.document, facet.field)
            search.aggs[name] = A(_aggregation(facet, field, chosen))
        return search

    def _complete(self, results: SearchResults, answer: Mapping[str, Any] | None) -> None:
        if answer is None:
            results["facets"] = {name: facet.empty() for name, facet in self.facets.items()}
        elif "aggregations" in answer:
            results["facets"] = {
                name: _read(facet, answer["aggregations"][name])
                for name, facet in self.facets.items()
            }


def _split(
    facets: Mapping[str, Facet], selections: Iterable[Selection]
) -> tuple[list[Selection], list[Selection]]:
    """Return the selections that always apply, and those on the fields of facets."""
    paths = {facet.field for facet in facets.values()}
    everywhere: list[Selection] = []
    chosen: list[Selection] = []
    for selection in selections:
        (chosen if selection.path in paths else everywhere).append(selection)
    return everywhere, chosen


def _all_of(selections: Iterable[Selection]) -> Query:
    """Return the query for documents that match every selection."""
    return {"bool": {"filter": [selection.query for selection in selections]}}


def _aggregation(facet: Facet, field: SearchField, chosen: Sequence[Selection]) -> Aggregation:
    """Return the aggregation of a facet, with the choices in *other* facets applied.

    Args:
        field: the facet's field, with its mapping.
        chosen: the selections on the fields of facets.
    """
    inner = facet.aggregation()
    if field.nested:
        if not isinstance(facet, StatsFacet):
            inner["aggs"] = {"documents": {"reverse_nested": {}}}
        inner = {"nested": {"path": field.nested[-1]}, "aggs": {_NESTED: inner}}
    others = [selection for selection in chosen if selection.path != facet.field]
    return {"filter": _all_of(others), "aggs": {_VALUES: inner}}


def _read(facet: Facet, answer: Mapping[str, Any]) -> Any:
    """Return the facet as plain data, from the answer to its aggregation."""
    values = answer[_VALUES]
    return facet.read(values.get(_NESTED, values))
