"""A ModelAdmin whose search box asks Elasticsearch."""

import copy
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.checks import CheckMessage
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from ...exceptions import ServerRefused
from ...lifecycle.generations.table import is_as_declared
from ...search.filters import translate
from ...search.keys import among
from ...search.page import PageHits, search_page
from ...search.service import SearchHits, key_reader, search_ids
from ...search.suggest import Spelling
from ...search.words import MAX_WORDS, read_words
from . import fallback
from .advanced import describe
from .answer import Answer, search_of
from .changelist import ElasticsearchChangeListMixin, searching
from .checks import check_search
from .highlight import HighlightedColumn, find_marks, paths_of
from .options import SearchOptionsMixin, count_completions_before, is_autocomplete
from .paging import shows_all
from .ranking import best_first
from .reindexing import ReindexingMixin
from .summary import summarise

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object

# Hits that an autocomplete offers where all of them may be seen: it asks with each letter.
MAX_COMPLETIONS = 1_000

Filters = Sequence[Mapping[str, Any]]

_FALSE = frozenset(("", "0", "false", "False"))


class ElasticsearchSearchMixin(SearchOptionsMixin, ReindexingMixin, Base):
    """Makes the search box ask Elasticsearch; name it before ``ModelAdmin`` among the bases.

    ``search_fields`` are fields of the document, as Elasticsearch names them: ``("name^3",
    "description", "tags.name")``. All else of the admin stays as it is: filters, facets, sorting,
    actions, autocomplete and ``get_queryset()`` apply to the hits. While Elasticsearch does not
    answer, the database does, and the page says so.
    """

    # --- what Django's admin calls ---

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Add the checks of the search to those of the admin."""
        return [*super().check(**kwargs), *check_search(self)]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the change list of the other bases, with its search results best first."""
        return searching(super().get_changelist(request, **kwargs))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return those rows of ``queryset`` that Elasticsearch found, else those of the database.

        A change list orders and pages them; for others (autocomplete) the best rows come first.
        """
        if not search_term.strip() or not self.get_search_fields(request):
            return queryset, False
        if self._names_its_rows(request):
            # The rows were ticked on a page that was searched; what they are does not depend on
            # a second answer, which may differ or not come.
            return queryset, False
        answer = self._find(request, queryset, search_term)
        if answer.hits is None:
            return self._search_database(request, queryset, search_term)
        hits = answer.hits
        found = among(queryset, lambda: hits.ids)
        search_of(request).narrowed = queryset, found
        if not search_of(request).in_changelist:
            found = best_first(found, hits.ids, count_completions_before(request))
        return found, False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list; above searched results a line, and a warning if the database answered."""
        response: HttpResponse = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and not response.is_rendered:
            changelist = (response.context_data or {}).get("cl")
            if isinstance(changelist, ElasticsearchChangeListMixin):
                self._show_search(request, response, changelist)
        return response

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Run the action, unless it is for all rows of an answer that cannot be had again."""
        answer = self.find_answer(request)
        if answer and _selects_across(request):
            label = self._label(request.GET.get(SEARCH_VAR, ""))
            if answer.hits is None or fallback.was_shown(request, label):
                self.message_user(request, fallback.refusal(), messages.ERROR)
                return None
        return super().response_action(request, queryset, *args, **kwargs)

    # --- what the change list asks ---

    def find_answer(self, request: HttpRequest) -> Answer | None:
        """Return what answered the search of this request; None if there was none."""
        return search_of(request).find(self)

    def mark_columns(self, request: HttpRequest, changelist: ElasticsearchChangeListMixin) -> None:
        """Put columns with marks in the places of those that are to have them."""
        wanted = [
            name
            for name in self.get_search_highlight(request)
            if name in changelist.list_display and name not in changelist.list_editable
        ]
        document = self.get_search_document()
        paths = paths_of(document, self._get_fields(request), wanted)
        if paths and changelist.result_count:
            query = self.get_search_query(request, changelist.query)
            every = [path for group in paths.values() for path in group]
            seconds = search_of(request).deadline.remaining
            marks = find_marks(document, query, changelist.result_list, every, seconds)
            empty = self.get_empty_value_display()
            columns = {
                name: HighlightedColumn(
                    name,
                    self.model,
                    group,
                    marks,
                    empty=empty,
                    is_link=changelist.is_link(name),
                )
                for name, group in paths.items()
            }
            changelist.replace_columns(columns)

    def get_posted_keys(self, request: HttpRequest) -> list[Any]:
        """Return the primary keys of the rows that were edited in the list and sent."""
        if request.method != "POST" or "_save" not in request.POST:
            return []
        prefix = self.get_changelist_formset(request).get_default_prefix()
        read = key_reader(self.model)
        keys = [read(key) for key in self._get_edited_object_pks(request, prefix)]
        return [key for key in keys if key is not None]

    # --- the rest ---

    def _find(self, request: HttpRequest, queryset: QuerySet[Any], term: str) -> Answer:
        search = search_of(request)
        answer = search.ask(self, term, lambda: self._search(request, queryset, term))
        if not isinstance(answer.hits, SearchHits) or not answer.hits.limited:
            return answer
        # Among more hits than there are keys to have, the best may be rows that are left out here.
        document = self.get_search_document()
        filters = translate(document, search.conditions_of(queryset))
        if not filters or not is_as_declared(document):
            return answer
        return search.ask(
            self, (term, repr(filters)), lambda: self._search(request, queryset, term, filters)
        )

    def _search(
        self, request: HttpRequest, queryset: QuerySet[Any], term: str, filters: Filters = ()
    ) -> SearchHits | PageHits:
        spelling = None
        if search_of(request).in_changelist and not self._has_operators(request, term):
            spelling = Spelling(read_words(term), self._get_fields(request))
        document = self.get_search_document()
        query = self.get_search_query(request, term)
        page = None if filters else search_of(request).plan_page(queryset)
        deadline = search_of(request).deadline
        if page:
            search_of(request).page_of = queryset
            # An index that was made elsewhere may refuse what this one needs.
            with suppress(ServerRefused):
                hits = search_page(
                    document,
                    query,
                    page,
                    lambda: search_ids(document, query, deadline=deadline),
                    spelling,
                    deadline=deadline,
                )
                if hits:
                    return hits
        scrolls = is_autocomplete(request) and self.search_unrestricted and shows_all(queryset)
        limit = MAX_COMPLETIONS if scrolls else None
        return search_ids(
            document, query, filters=filters, limit=limit, deadline=deadline, spelling=spelling
        )

    def _search_database(
        self, request: HttpRequest, queryset: QuerySet[Any], term: str
    ) -> tuple[QuerySet[Any], bool]:
        lookups = tuple(self.get_fallback_search_fields(request))
        if not lookups or self._has_operators(request, term):
            # The database would look for the operators themselves; and without lookups Django's
            # admin would show every row, as if all of them were hits.
            return queryset.none(), False
        # Threads share the admin, so that other fields can be had in a copy only.
        twin = copy.copy(self)
        twin.__dict__["get_search_fields"] = lambda request: lookups
        words = read_words(term)
        # Databases refuse conditions that are too many, and values that are too long.
        few = len(term.split()) <= MAX_WORDS and not words.truncated
        # PostgreSQL refuses NUL.
        term = term.replace("\0", " ") if few else words.text
        return super(ElasticsearchSearchMixin, twin).get_search_results(request, queryset, term)

    def _names_its_rows(self, request: HttpRequest) -> bool:
        """Whether this is an action on rows that were ticked one by one."""
        return (
            request.method == "POST"
            and search_of(request).in_changelist
            and helpers.ACTION_CHECKBOX_NAME in request.POST
            and "_save" not in request.POST
            and not _selects_across(request)
        )

    def _show_search(
        self,
        request: HttpRequest,
        response: TemplateResponse,
        changelist: ElasticsearchChangeListMixin,
    ) -> None:
        context = response.context_data or {}
        answer = changelist.answer
        names = self._get_names(request)
        if not answer and not (names and changelist.search_fields):
            return
        # The template of whichever package was chosen, with a line more: it is not replaced.
        context["elasticsearch_base_template"] = response.resolve_template(response.template_name)
        context["elasticsearch_search_help"] = describe(self.get_search_document(), names.values())
        response.template_name = "admin/elasticsearch/search/change_list.html"
        if not answer:
            return
        context["elasticsearch_search"] = summarise(changelist)
        if request.method == "GET":
            label = self._label(changelist.query)
            fallback.remember(request, label, database=answer.hits is None)
        if answer.hits is None:
            operators = self._has_operators(request, changelist.query)
            text = fallback.warning(answer.problem, operators=operators)
            self.message_user(request, text, messages.WARNING, fail_silently=True)
            if context.get("action_form"):
                fallback.mark(context["action_form"])

    def _label(self, term: str) -> str:
        name = f"{self.admin_site.name} {self.opts.label_lower} {term}"
        return f"{zlib.crc32(name.encode(errors='replace')):08x}"


def _selects_across(request: HttpRequest) -> bool:
    return any(value not in _FALSE for value in request.POST.getlist("select_across"))
