"""The options of an admin's search box: the document, the fields, and how words are matched."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.http import HttpRequest
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from ...documents import Document, registry
from ...exceptions import SearchMisdeclared
from ...insight.searches import KnownSearch
from ...search.operators.build import build_advanced, is_plain, read_names
from ...search.operators.reading import Reading, read_mistake, read_search
from ...search.operators.tree import Names
from ...search.site.parts import SearchParts
from ...search.text.fields import SearchField, read_fields
from ...search.text.lookups import database_lookups
from ...search.text.query import AnyQuery, Matching, build_marking, build_query
from ...search.text.words import read_words
from .advanced import label_of
from .asking.requested import request_of_list

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object


class SearchOptionsMixin(Base):
    """The options and hooks of :class:`ElasticsearchSearchMixin`. It has no effect alone."""

    search_document: type[Document] | None = None
    """The document to search; by default, the only one registered for the admin's model."""

    search_operator: str = "and"
    """``"and"``: every word must match; ``"or"``: one word is enough."""

    search_fuzziness: str | int = "AUTO"
    """How many letters of a word may differ, in Elasticsearch's terms; 0 for none."""

    advanced_search_fields: Sequence[str] = ()
    """Fields of the document that a search may name, as in ``price:>10``. If there are any,
    operators are turned on: ``"a phrase"``, ``-not``, ``AND``, ``OR``, parentheses."""

    search_unrestricted: bool | None = None
    """By default, Elasticsearch filters, ranks and counts if the result is the same as in the
    database, and only the rows of a page are read. ``False``: never; ``True``: also while changes
    wait for the index, if ``get_queryset()`` returns every row to everybody."""

    search_highlight: Sequence[str] = ()
    """Columns of ``list_display`` in which matches are marked: text fields of the model from which
    the document makes one of the ``search_fields``."""

    fallback_search_fields: Sequence[str] | None = None
    """Django's ``search_fields`` for the search in the database if Elasticsearch does not answer;
    by default, the columns from which the document makes the ``search_fields``."""

    def get_search_document(self) -> type[Document]:
        """Return the document to search.

        Raises:
            SearchMisdeclared: no document is named, and the model has none or several.
        """
        if self.search_document is not None:
            return self.search_document
        documents = registry.get_documents_for_model(self.model)
        if len(documents) == 1:
            return documents[0]
        names = ", ".join(document.__name__ for document in documents)
        raise SearchMisdeclared(
            f"{type(self).__name__} names no search_document, and {self.model._meta.label} has "
            + (f"several: {names}." if documents else "none.")
        )

    def get_search_query(self, request: HttpRequest, term: str) -> AnyQuery:
        """Return the query for a search, as a dict or an object of ``elasticsearch.dsl``.

        Args:
            term: the text as it was typed, which is not blank.

        Raises:
            SearchUnreadable: it has operators, and cannot be understood.
        """
        return self._build_query(request, term, self.search_fuzziness)

    @property
    def _has_own_query(self) -> bool:
        """Whether the project makes the query itself."""
        return type(self).get_search_query is not SearchOptionsMixin.get_search_query

    def get_known_search(self, request: HttpRequest, name: str) -> KnownSearch:
        """Return the search of the box, for pages that explain it.

        Args:
            name: the name of the search.
        """

        def read(text: str, **chosen: Any) -> SearchParts:
            # The filters and the order of a list apply to its rows.
            query: Any = self.get_search_query(request, text)
            return SearchParts(
                words=read_words(text),
                query=query.to_dict() if hasattr(query, "to_dict") else query,
                fields=self.get_searched_fields(request),
                matching=Matching(self.search_operator, self.search_fuzziness),
                selections=(),
            )

        return KnownSearch(
            name,
            self.get_search_document(),
            self.list_per_page,
            read,
            partial(request_of_list, self, request),
        )

    def get_marking(
        self, request: HttpRequest, term: str, paths: Iterable[str], *, exact: bool
    ) -> Mapping[str, AnyQuery]:
        """Return path of a field -> the query for the matches to mark in it.

        Args:
            exact: whether the rows contain the words exactly as typed. Finding typos takes long.
        """
        own = self._has_own_query
        if own or self.has_operators(request, term):
            query = (
                self._build_query(request, term, 0)
                if exact and not own
                else self.get_search_query(request, term)
            )
            return dict.fromkeys(paths, query)
        words, matching = (
            read_words(term),
            Matching(fuzziness=0 if exact else self.search_fuzziness),
        )
        fields = {field.path: field for field in self.get_searched_fields(request)}
        return {path: build_marking(fields[path], words, matching) for path in paths}

    def _build_query(self, request: HttpRequest, term: str, fuzziness: str | int) -> AnyQuery:
        fields = self.get_searched_fields(request)
        matching = Matching(
            operator=self.search_operator, fuzziness=fuzziness, prefix=is_autocomplete(request)
        )
        if self._reads_operators(request):
            return build_advanced(fields, self.get_named_fields(request), term, matching)
        return build_query(fields, read_words(term), matching)

    def get_advanced_search_fields(self, request: HttpRequest) -> Sequence[str]:
        """Return the fields that a search may name. Without any, there are no operators."""
        return self.advanced_search_fields

    def get_search_highlight(self, request: HttpRequest) -> Sequence[str]:
        """Return the columns in which matches are marked."""
        return self.search_highlight

    def get_fallback_search_fields(self, request: HttpRequest) -> Sequence[str]:
        """Return Django's ``search_fields`` for the search in the database."""
        if self.fallback_search_fields is not None:
            return self.fallback_search_fields
        return database_lookups(self.get_search_document(), self.get_searched_fields(request))

    def get_search_help_text(self, request: HttpRequest) -> str:
        """Return the text below the search box: ``search_help_text``, or the searched fields."""
        if self.search_help_text is not None:
            return str(self.search_help_text)
        document = self.get_search_document()
        names = [label_of(document, field) for field in self.get_searched_fields(request)]
        return _("Searches %(fields)s.") % {
            "fields": get_text_list(list(dict.fromkeys(names)), _("and"))
        }

    def get_named_fields(self, request: HttpRequest) -> Names:
        """Return name -> the field with this name in searches."""
        return read_names(self.get_search_document(), self.get_advanced_search_fields(request))

    def read_term(self, request: HttpRequest, term: str) -> Reading:
        """Return a search as it was understood.

        Raises:
            SearchUnreadable: it has operators, and cannot be understood.
        """
        if not self._reads_operators(request):
            return Reading(None)
        return read_search(term, self.get_named_fields(request))

    def read_mistake(self, request: HttpRequest, term: str) -> Reading:
        """Return the words of a search that was not understood."""
        return read_mistake(term, self.get_named_fields(request))

    def has_operators(self, request: HttpRequest, term: str) -> bool:
        """Return whether a search has operators, understood or not."""
        names = self.get_named_fields(request)
        return self._reads_operators(request) and not is_plain(term, names)

    def _reads_operators(self, request: HttpRequest) -> bool:
        # While somebody is typing, an incomplete operator is not a mistake.
        return not is_autocomplete(request) and bool(self.get_advanced_search_fields(request))

    def get_searched_fields(self, request: HttpRequest) -> tuple[SearchField, ...]:
        """Return the fields in which words are searched."""
        return read_fields(self.get_search_document(), self.get_search_fields(request))


def is_autocomplete(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.url_name == "autocomplete"


def count_completions_before(request: HttpRequest) -> int:
    """Return how many rows come before the page that autocomplete asks for."""
    try:
        page = int(request.GET.get("page", 1)) if is_autocomplete(request) else 1
    except ValueError:
        # The view refuses an invalid page.
        page = 1
    return max(page - 1, 0) * (AutocompleteJsonView.paginate_by or 0)
