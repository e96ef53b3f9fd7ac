"""A ModelAdmin whose search box asks Elasticsearch."""

import math
import zlib
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.checks import CheckMessage
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from ...conf import get_options
from ...exceptions import ServerRefused
from ...lifecycle.generations.table import is_as_declared
from ...search.fresh import is_settled, sees_all
from ...search.page import PageAsked, PageHits, search_page
from ...search.querysets.filters import translate
from ...search.querysets.identity import key_field
from ...search.querysets.keys import among, count_rows
from ...search.search_ids import SearchHits, search_ids
from ...search.searched import Searched, tell
from ...search.suggest import Spelling
from ...search.text.query import EXACT_SCORE, exact_score
from ...search.text.words import read_words
from . import fallback
from .advanced import describe
from .asking.answer import Answer
from .asking.asked import Filters, chosen_in
from .asking.paging import Plan, plan_page
from .asking.requested import MAX_CHECKED
from .asking.searches import Searches, searches_of
from .changelist import ElasticsearchChangeListMixin, searching
from .checks import check_search
from .fallback import LookupSearch
from .options import SearchOptionsMixin, count_completions_before, is_autocomplete
from .reindexing import ReindexingMixin
from .rows.ranking import best_first
from .summary import summarise

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object

# How many hits an autocomplete, which searches with each letter, requests first. If they are not
# enough, it requests more.
MAX_COMPLETIONS = 1_000
# Scores are floats with a precision of 24 bits.
ROUNDED = 1 - 2**-22

_FALSE = frozenset(("", "0", "false", "False"))


class ElasticsearchSearchMixin(SearchOptionsMixin, ReindexingMixin, Base):
    """Makes the search box ask Elasticsearch. Put it before ``ModelAdmin`` in the bases.

    ``search_fields`` are fields of the document, as Elasticsearch names them: ``("name^3",
    "description", "tags.name")``. Everything else works as usual: filters, facets, sorting,
    actions, autocomplete and ``get_queryset()`` apply to the hits. If Elasticsearch does not
    answer, the database searches, and the page says so.
    """

    # --- what Django's admin calls ---

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Add the checks of the search to the admin's checks."""
        return [*super().check(**kwargs), *check_search(self)]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the change list of the other bases, with the best hits first."""
        return searching(super().get_changelist(request, **kwargs))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows of ``queryset`` that Elasticsearch finds, or that the database finds.

        A change list orders and pages the rows. For other views (autocomplete), the best rows come
        first.
        """
        if not search_term.strip() or not self.get_search_fields(request):
            return queryset, False
        if self._names_its_rows(request):
            # The rows were ticked on a page of results. They must not depend on a second answer,
            # which may differ or fail.
            return queryset, False
        searches = searches_of(request)
        answer = self._find(searches, request, queryset, search_term)
        if answer.hits is None:
            found, repeated, is_searched = self._search_database(request, queryset, search_term)
            searches.keep(self, replace(answer, rows=queryset, is_searched=is_searched))
            return found, repeated
        hits = answer.hits
        found = among(queryset, lambda: hits.ids)
        searches.keep(self, replace(answer, rows=queryset, found=found))
        if not searches.asked.in_list:
            found = best_first(found, hits.ids, count_completions_before(request))
        return found, False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with a line above the results, and a warning if the database searched."""
        response: HttpResponse = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and not response.is_rendered:
            changelist = (response.context_data or {}).get("cl")
            if isinstance(changelist, ElasticsearchChangeListMixin):
                self._show_search(request, response, changelist)
        return response

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Run the action, unless it is for all rows of an answer that cannot be repeated."""
        answer = searches_of(request).find(self)
        if answer and _selects_across(request):
            label = self._label(request.GET.get(SEARCH_VAR, ""))
            if answer.hits is None or fallback.was_shown(request, label):
                self.message_user(request, fallback.refusal(), messages.ERROR)
                return None
        return super().response_action(request, queryset, *args, **kwargs)

    # --- the rest ---

    def _find(
        self, searches: Searches, request: HttpRequest, queryset: QuerySet[Any], term: str
    ) -> Answer:
        asked, document = searches.asked, self.get_search_document()
        if is_autocomplete(request) and self.search_unrestricted is not False:
            best = self._complete(request, queryset, term)
            if best:
                return best
        plan = plan_page(document, asked.page, queryset) if asked.page else None
        answer = None
        if plan and plan.common:
            settled = is_settled(document)
            answer = self._restricted(request, queryset, term, plan, settled=settled)
            # Many hits are only counted if the index is up to date.
            if not answer and not settled and not sees_all(document, searches.deadline):
                plan = None
        answer = answer or self._page(request, queryset, term, plan.page if plan else None)
        if not isinstance(answer.hits, SearchHits) or not answer.hits.limited:
            return answer
        # If there are more hits than keys, the best hits may be rows that this user cannot see.
        conditions = queryset if asked.conditions is None else asked.conditions
        best_of = translate(document, conditions)
        if not best_of or not is_as_declared(document):
            return answer
        return searches.ask(
            self,
            (term, repr(best_of)),
            lambda: self._search(request, queryset, term, filters=best_of),
        )

    def _restricted(
        self, request: HttpRequest, queryset: QuerySet[Any], term: str, plan: Plan, *, settled: bool
    ) -> Answer | None:
        """Return the hits if not all rows may be seen; None if the index has to count them.

        The database checks a small number of hits one by one. It counts them, or their number is
        shown only if the user may see each of them.

        Args:
            settled: whether the index is up to date, so that rows it leaves out may not be seen.
        """
        limit = min(MAX_CHECKED, get_options().search_max_results)
        # A number beside a filter also counts hits that are not on the page, so these are checked,
        # too.
        if settled and (not plan.page.facets or plan.page.filters == plan.common):
            page = replace(plan.page, checked=limit)
            answer = self._page(request, queryset, term, page)
            hits = answer.hits
            if hits is None or hits.facts is None or hits.total > limit:
                return answer
            keys = hits.every if isinstance(hits, PageHits) else hits.ids
            if keys is not None and count_rows(among(queryset, keys)) == hits.total:
                return answer
        for common in (plan.common,) if settled else ((), plan.common):
            answer = self._few(request, queryset, term, common, limit)
            if answer.hits is None or not answer.hits.limited:
                return answer
        return None

    def _page(
        self, request: HttpRequest, queryset: QuerySet[Any], term: str, page: PageAsked | None
    ) -> Answer:
        return searches_of(request).ask(
            self, (term, repr(page)), lambda: self._search(request, queryset, term, page=page)
        )

    def _complete(self, request: HttpRequest, queryset: QuerySet[Any], term: str) -> Answer | None:
        """Return the best hits; None if they are not enough for the page of an autocomplete.

        An autocomplete shows a few rows, and whether there are more, so these hits are usually
        enough.
        """
        document = self.get_search_document()
        limit = min(MAX_COMPLETIONS, get_options().search_max_results)
        if not key_field(document):
            return None
        filters = (is_as_declared(document) and translate(document, queryset)) or ()
        answer = self._few(request, queryset, term, filters, limit)
        hits = answer.hits
        if hits is None or not hits.limited:
            return answer
        last = count_completions_before(request) + (AutocompleteJsonView.paginate_by or 0)
        rows = among(queryset, hits.ids).order_by()
        return answer if len(hits.ids) > last and rows[last : last + 1].exists() else None

    def _few(
        self, request: HttpRequest, queryset: QuerySet[Any], term: str, common: Filters, limit: int
    ) -> Answer:
        return searches_of(request).ask(
            self,
            (term, "few", repr(common)),
            lambda: self._search(request, queryset, term, filters=common, limit=limit),
        )

    def _search(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        term: str,
        *,
        page: PageAsked | None = None,
        filters: Filters = (),
        limit: int | None = None,
    ) -> SearchHits | PageHits:
        searches = searches_of(request)
        words, fields = read_words(term), self.get_searched_fields(request)
        is_words = not self.has_operators(request, term)
        spelling = Spelling(words, fields) if searches.asked.in_list and is_words else None
        exact = exact_score(fields, words) * ROUNDED if is_words else EXACT_SCORE
        if self._has_own_query:
            # The meaning of its scores is unknown.
            exact = math.inf
        document = self.get_search_document()
        query = self.get_search_query(request, term)
        deadline = searches.deadline
        if page:
            # An index that django-es-admin did not create may refuse such a request.
            with suppress(ServerRefused):
                hits = search_page(
                    document,
                    query,
                    page,
                    lambda: search_ids(document, query, deadline=deadline),
                    spelling,
                    deadline=deadline,
                    exact=exact,
                )
                if hits:
                    return hits
        ids = partial(
            search_ids,
            document,
            query,
            limit=limit,
            deadline=deadline,
            spelling=spelling,
            exact=exact,
        )
        if filters:
            # An index may refuse too many conditions, or too deep nesting.
            with suppress(ServerRefused):
                return ids(filters=filters)
        return ids()

    def _search_database(
        self, request: HttpRequest, queryset: QuerySet[Any], term: str
    ) -> tuple[QuerySet[Any], bool, bool]:
        """Return rows, whether some may occur twice, and whether there was a search at all."""
        lookups = tuple(self.get_fallback_search_fields(request))
        if not lookups or self.has_operators(request, term):
            # The database would search for the operators as words. And without lookups, Django's
            # admin would show every row as a hit.
            return queryset.none(), False, False
        database = LookupSearch(self.model, self.admin_site, lookups)
        return *database.find(request, queryset, term), True

    def _names_its_rows(self, request: HttpRequest) -> bool:
        """Return whether this is an action on rows that were ticked one by one."""
        return (
            request.method == "POST"
            and searches_of(request).asked.in_list
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
        shown = changelist.get_shown(request)
        names = self.get_named_fields(request)
        if not shown and not (names and changelist.search_fields):
            return
        # Adds a line to whichever template was chosen, instead of replacing the template.
        context["elasticsearch_base_template"] = response.resolve_template(response.template_name)
        context["elasticsearch_search_help"] = describe(self.get_search_document(), names.values())
        response.template_name = "admin/elasticsearch/search/change_list.html"
        if not shown:
            return
        answer = shown.answer
        document = self.get_search_document()
        context["elasticsearch_search"] = summarise(shown, document, changelist.get_query_string)
        context["elasticsearch_why_url"] = self.get_why_url(request, document, changelist.query)
        if request.method == "GET" and answer.hits is not None and changelist.page_num == 1:
            self._tell(changelist, shown.count, answer.hits.took)
        if request.method == "GET":
            label = self._label(changelist.query)
            fallback.remember(request, label, database=answer.hits is None)
        if answer.hits is None:
            operators = self.has_operators(request, changelist.query)
            text = fallback.warning(answer.problem, operators=operators)
            self.message_user(request, text, messages.WARNING, fail_silently=True)
            if context.get("action_form"):
                fallback.mark(context["action_form"])

    def _tell(self, changelist: Any, count: int, took: float) -> None:
        """Tell the listeners of searches."""
        django, text = self.get_search_document().django, changelist.query
        filters, order = chosen_in(changelist)
        search = Searched(
            django.using, django.index_name, "admin", text, count, took, filters, order
        )
        tell(search)

    def _label(self, term: str) -> str:
        name = f"{self.admin_site.name} {self.opts.label_lower} {term}"
        return f"{zlib.crc32(name.encode(errors='replace')):08x}"


def _selects_across(request: HttpRequest) -> bool:
    return any(value not in _FALSE for value in request.POST.getlist("select_across"))
