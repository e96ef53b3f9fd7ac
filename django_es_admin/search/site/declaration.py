"""The declaration of a site's search, and how it reads a visitor's request."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Any, ClassVar, Self, cast

from ...conf import get_options
from ...documents import Document
from ...exceptions import SearchMisdeclared
from ..querysets.identity import key_field
from ..text.fields import parse_field, source_path
from ..text.query import Matching
from ..text.words import Words, read_words
from .answer.pruning import is_left_out
from .visitor.criteria import Selection, chosen, find_field, read_selections
from .visitor.paging import Paging, read_paging
from .visitor.parameters import Kind, Parameter, describe, read_parameters
from .visitor.values import is_given, read_text

# Names no field.
_NONE = "-"

_KINDS: Mapping[str, Kind] = {
    "boolean": "flag",
    "date": "date",
    **dict.fromkeys(("byte", "short", "integer", "long", "unsigned_long"), "whole"),
    **dict.fromkeys(("half_float", "float", "double", "scaled_float"), "number"),
}


class SearchDeclaration:
    """The attributes of a :class:`~django_es_admin.search.SearchService`, and what they allow."""

    document: ClassVar[type[Document]]
    """The document to search."""

    fields: ClassVar[Sequence[str]] = ()
    """Fields in which words are looked for: ``"name^3"`` counts three times."""

    operator: ClassVar[str] = "and"
    """``"and"``: every word has to match, in whichever field; ``"or"``: one is enough."""

    fuzziness: ClassVar[str | int] = "AUTO"
    """Letters of a word that may differ; 0 for none."""

    prefix: ClassVar[bool] = False
    """Whether the last word may be the beginning of one."""

    filters: ClassVar[Mapping[str, str]] = {}
    """Criterion -> the field that has to have its value, or one of its values."""

    ranges: ClassVar[Mapping[str, str]] = {}
    """Name -> the number or date that the criteria ``min_<name>`` and ``max_<name>`` bound."""

    sorts: ClassVar[Mapping[str, str]] = {"relevance": "_score"}
    """Order -> field, ``"-"`` before it for descending; the first is the default."""

    default_filters: ClassVar[Mapping[str, Any]] = {}
    """Field -> value that a document has to have to be found at all."""

    highlight: ClassVar[Sequence[str] | Mapping[str, Mapping[str, Any]]] = ()
    """Fields in which what was searched for is marked, or field -> options of its highlighter."""

    source_includes: ClassVar[Sequence[str]] = ()
    """Fields of the results; all if there are none, and for a URL those that the service names."""

    source_excludes: ClassVar[Sequence[str]] = ()
    """Fields that the results do not have."""

    suggest_field: ClassVar[str] = ""
    """The completion field behind ``autocomplete()``."""

    spelling_field: ClassVar[str] = ""
    """The text field whose words ``did_you_mean()`` knows."""

    page_size: ClassVar[int] = 20
    """The default number of results of a page."""

    max_page_size: ClassVar[int] = 100
    """What a larger page is cut to."""

    max_query_length: ClassVar[int] = 1000
    """Characters that may be searched for."""

    min_prefix_length: ClassVar[int] = 2
    """Characters before which nothing is suggested."""

    timeout: ClassVar[float | None] = None
    """Seconds that a search may take; ``SEARCH_TIMEOUT`` if there are none."""

    fallback: ClassVar[str] = ""
    """What to do while Elasticsearch does not answer; ``SEARCH_FALLBACK`` if it is empty."""

    _only_named = False
    _narrowing = cast("tuple[tuple[str, Any], ...]", ())

    def narrowed(self, filters: Mapping[str, Any]) -> Self:
        """Return the service for fewer documents, as those of the tenant of a request.

        Args:
            filters: field -> the value that a document has to have, too, or a list of values of
                which it has to have one; whatever the service answers goes by it.
        """
        service = copy(self)
        service._narrowing = (*self._narrowing, *filters.items())  # noqa: SLF001 (its own class)
        return service

    def with_declared_fields(self) -> Self:
        """Return the service for the public: its results have only fields that it names.

        A field is named in ``source_includes``; where that is empty, to search, filter, sort, mark
        or count by it. The primary key's field comes with them.
        """
        service = copy(self)
        service._only_named = True  # noqa: SLF001 (its own class)
        return service

    def _named_paths(self) -> Iterator[str]:
        yield from (parse_field(spec)[0] for spec in self.fields)
        yield from (*self.filters.values(), *self.ranges.values(), *self.highlight)
        yield from (spec.removeprefix("-") for spec in self.sorts.values() if spec != "_score")

    @property
    def _includes(self) -> tuple[str, ...]:
        """Fields of the results; all if there are none."""
        if self.source_includes or not self._only_named:
            return tuple(self.source_includes)
        paths = [source_path(self.document, path) for path in self._named_paths()]
        key = key_field(self.document)
        return tuple(dict.fromkeys((*([key] if key else ()), *paths))) or (_NONE,)

    def _highlighted(self) -> dict[str, Mapping[str, Any]]:
        """Return what is marked: field -> options. A field that is left out is so here, too."""
        given = self.highlight
        options = given if isinstance(given, Mapping) else {path: {} for path in given}
        return {
            path: own
            for path, own in options.items()
            if not is_left_out(source_path(self.document, path), self.source_excludes)
        }

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters that a URL may have, with what they may be."""
        return tuple(
            describe(
                filters={name: self._kind(path) for name, path in self.filters.items()},
                ranges={name: self._kind(path, "number") for name, path in self.ranges.items()},
                sorts=tuple(self.sorts),
                page_size=self.page_size,
                max_page_size=self.max_page_size,
                max_query_length=self.max_query_length,
            )
        )

    def read_parameters(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of ``search()`` for the parameters of a URL.

        Raises:
            SearchParameterInvalid: one is there twice that may be there once.
        """
        return read_parameters(parameters, self.parameters())

    @property
    def _matching(self) -> Matching:
        return Matching(self.operator, self.fuzziness, self.prefix)

    def _declared(self, name: str) -> str:
        value: str = getattr(self, name)
        if not value:
            raise SearchMisdeclared(f"{type(self).__name__} has no {name}: name the field.")
        return value

    def _kind(self, path: str, otherwise: Kind = "text") -> Kind:
        return _KINDS.get(find_field(self.document, path).type, otherwise)

    def _read_words(self, query: Any) -> Words:
        if not is_given(query):
            return Words(())
        return read_words(read_text("q", query, self.max_query_length))

    def _read_selections(self, criteria: Mapping[str, Any]) -> tuple[Selection, ...]:
        return read_selections(self.document, self.filters, self.ranges, criteria)

    def _default_selections(self) -> list[Selection]:
        filters = (*self.default_filters.items(), *self._narrowing)
        return [chosen(self.document, path, path, value) for path, value in filters]

    def _read_paging(self, sort_by: Any, page: Any, page_size: Any, after: Any) -> Paging:
        return read_paging(
            sorts=self.sorts,
            key=key_field(self.document),
            sort_by=sort_by,
            page=page,
            page_size=page_size,
            after=after,
            default_size=self.page_size,
            max_size=self.max_page_size,
            window=get_options().search_max_results,
        )

    @property
    def _fallback(self) -> str:
        return self.fallback or get_options().search_fallback
