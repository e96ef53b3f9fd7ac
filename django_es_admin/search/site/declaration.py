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

# These are not fields.
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
    """The fields to search; ``"name^3"`` counts three times."""

    operator: ClassVar[str] = "and"
    """``"and"``: every word must match, in any field; ``"or"``: one word is enough."""

    fuzziness: ClassVar[str | int] = "AUTO"
    """How many letters of a word may differ; 0 for none."""

    prefix: ClassVar[bool] = False
    """Whether the last word may be the beginning of a longer word."""

    filters: ClassVar[Mapping[str, str]] = {}
    """Criterion -> the field that must have its value, or one of its values."""

    ranges: ClassVar[Mapping[str, str]] = {}
    """Name -> the number or date field that ``min_<name>`` and ``max_<name>`` limit."""

    sorts: ClassVar[Mapping[str, str]] = {"relevance": "_score"}
    """Name of an order -> field, with ``"-"`` for descending; the first is the default."""

    default_filters: ClassVar[Mapping[str, Any]] = {}
    """Field -> the value that a document must have to be found at all."""

    highlight: ClassVar[Sequence[str] | Mapping[str, Mapping[str, Any]]] = ()
    """The fields in which matches are marked, or field -> options of its highlighter."""

    source_includes: ClassVar[Sequence[str]] = ()
    """The fields of the results; if empty, all fields, or for a URL those the service names."""

    source_excludes: ClassVar[Sequence[str]] = ()
    """The fields that are left out of the results."""

    suggest_field: ClassVar[str] = ""
    """The completion field for ``autocomplete()``."""

    spelling_field: ClassVar[str] = ""
    """The text field whose words ``did_you_mean()`` uses."""

    page_size: ClassVar[int] = 20
    """The default number of results on a page."""

    max_page_size: ClassVar[int] = 100
    """The maximum number of results on a page. A greater number is reduced to it."""

    max_query_length: ClassVar[int] = 1000
    """The maximum length of a search."""

    min_prefix_length: ClassVar[int] = 2
    """The minimum length of a text to complete."""

    timeout: ClassVar[float | None] = None
    """The time limit of a search in seconds; ``SEARCH_TIMEOUT`` if not set."""

    fallback: ClassVar[str] = ""
    """What to do if Elasticsearch does not answer; ``SEARCH_FALLBACK`` if empty."""

    _only_named = False
    _narrowing = cast("tuple[tuple[str, Any], ...]", ())

    def narrowed(self, filters: Mapping[str, Any]) -> Self:
        """Return the service for fewer documents, such as those of a request's tenant.

        Args:
            filters: field -> the value that a document must have, or a list of possible values.
                They apply to everything that the service returns.
        """
        service = copy(self)
        service._narrowing = (*self._narrowing, *filters.items())  # noqa: SLF001 (its own class)
        return service

    def with_declared_fields(self) -> Self:
        """Return the service for the public: its results have only fields that the service names.

        These are the fields in ``source_includes`` or, if that is empty, the fields used to search,
        filter, sort, mark or count, and the field of the primary key.
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
        """The fields of the results; empty for all fields."""
        if self.source_includes or not self._only_named:
            return tuple(self.source_includes)
        paths = [source_path(self.document, path) for path in self._named_paths()]
        key = key_field(self.document)
        return tuple(dict.fromkeys((*([key] if key else ()), *paths))) or (_NONE,)

    def _highlighted(self) -> dict[str, Mapping[str, Any]]:
        """Return the fields to mark: field -> options. Fields that are left out are not marked."""
        given = self.highlight
        options = given if isinstance(given, Mapping) else {path: {} for path in given}
        return {
            path: own
            for path, own in options.items()
            if not is_left_out(source_path(self.document, path), self.source_excludes)
        }

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters that a URL may have, with their possible values."""
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
            SearchParameterInvalid: a parameter is repeated that may only occur once.
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
