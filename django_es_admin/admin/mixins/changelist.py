"""A change list that shows the best hits first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, cast

from django.contrib.admin import ModelAdmin
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from ...search.page import PageHits
from ...search.querysets.keys import among, count_rows
from ...search.search_ids import Facts, SearchHits, key_reader
from .asking.answer import Answer
from .asking.asked import Asked, ListPage
from .asking.facets import facet_name, facets_of
from .asking.paging import keys_of, shows_all
from .asking.searches import searches_of
from .highlight import marked_columns
from .options import SearchOptionsMixin
from .rows.known import Known, days_of, with_known
from .rows.ranking import in_order, matching, may_repeat
from .shown import Shown

if TYPE_CHECKING:
    Base = ChangeList
else:
    Base = object


class ElasticsearchChangeListMixin(Base):
    """Orders a change list by relevance unless a column was clicked. The rest is unchanged.

    Its model admin has :class:`~django_es_admin.admin.mixins.search.ElasticsearchSearchMixin`.
    """

    answer: Answer | None = None
    """The answer to the search; None if there was no search."""

    _may_page = True
    _found = 0
    _facets: Mapping[str, int] = {}

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if self.search_help_text is None and self.search_fields:
            self.search_help_text = self._admin.get_search_help_text(request)
        if self.answer and self.answer.hits and self.result_count:
            links = self.list_display_links
            columns = marked_columns(
                self._admin,
                request,
                self.query,
                self.result_list,
                columns=[name for name in self.list_display if name not in self.list_editable],
                # An empty list means that the first column links to the row, None that no column
                # does.
                exact=self._is_exact(self.answer.hits),
                links=() if links is None else (links or self.list_display[:1]),
            )
            self._replace_columns(columns)

    def _is_exact(self, hits: SearchHits | PageHits) -> bool:
        """Return whether, as far as known, the page's rows contain the words exactly as typed."""
        if isinstance(hits, PageHits):
            return hits.is_exact
        last = self._bounds()[1] if self.is_ranked else hits.total
        return min(last, hits.total) <= hits.exact

    def _replace_columns(self, columns: Mapping[str, Callable[[Any], Any]]) -> None:

        def replaced(names: Any) -> Any:
            return names and [columns.get(name, name) for name in names]

        self.list_display = replaced(self.list_display)
        self.list_display_links = replaced(self.list_display_links)
        self.sortable_by = replaced(self.sortable_by)

    @property
    def _admin(self) -> SearchOptionsMixin:
        return cast("SearchOptionsMixin", self.model_admin)

    @property
    def is_ranked(self) -> bool:
        """Whether the best rows come first."""
        return bool(self.answer and self.answer.hits and not self.params.get(ORDER_VAR))

    def get_shown(self, request: HttpRequest) -> Shown | None:
        """Return what the page shows about its search; None if there was none."""
        if self.answer is None:
            return None
        read = self._admin.read_mistake if self.answer.mistake else self._admin.read_term
        # A condition beyond those of the filters and the search hides some hits.
        as_found = self.answer.found is not None and _conditions(self.queryset) == _conditions(
            self.answer.found
        )
        return Shown(
            term=self.query,
            answer=self.answer,
            reading=read(request, self.query),
            every=self._admin.search_operator == "and",
            count=self._found,
            ranked=self.is_ranked,
            may_tell=as_found and shows_all(self.root_queryset),
            has_all=as_found and self.answer.rows is not None and shows_all(self.answer.rows),
        )

    def get_filters(self, request: HttpRequest) -> Any:
        """Return the filters. The numbers beside them are requested together with the page."""
        found = super().get_filters(request)
        searches = searches_of(request)
        if self.add_facets and searches.asked.page:
            facets = facets_of(self.root_queryset, request, found[0], found[2])
            page = None if facets is None else replace(searches.asked.page, facets=facets)
            searches.asked = replace(searches.asked, page=page)
        return found

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        """Return the rows. The base class sorts them, so the search must not."""
        excluded = kwargs.get("exclude_parameters", args[0] if args else None)
        if excluded is not None and self._facets:
            # A filter requests the numbers beside it.
            return with_known(self.root_queryset, Known(None, totals=_own(self._facets, excluded)))
        asked = Asked(
            in_list=True,
            page=None if excluded is not None else self._asked_page(request),
            # One search serves all facets, and each facet leaves out the condition of its own
            # filter.
            conditions=self.root_queryset if self.add_facets else None,
        )
        with searches_of(request).asking(asked):
            return super().get_queryset(request, *args, **kwargs)

    def get_results(self, request: HttpRequest) -> None:
        """Count and page as the base class does, then fetch the page's rows by rank."""
        # Facets request their own querysets later.
        self.answer = searches_of(request).find(self._admin)
        hits = self.answer.hits if self.answer else None
        if self.answer and hits and hits.facts:
            if self._show_known(request, self.answer, hits, hits.facts):
                return
            # The index is not up to date with the rows of this page, or somebody changed the result
            # of the search. The database has the right rows.
            self._may_page = False
            self.queryset = self.get_queryset(request)
            self.answer = searches_of(request).find(self._admin)
        keys = self._keys()
        if keys is not None:
            # The rows need not be counted again.
            self._know_rows(Known(len(keys)))
        super().get_results(request)
        if self.answer:
            self._found = len(keys) if keys is not None else self._count_found()
        posted = _posted_keys(self.model_admin, request) if self.list_editable else None
        if posted and self.query:
            # A form with errors must show the rows that were sent. If the search had another answer
            # now, each form would be in the wrong row.
            self.result_list = in_order(self.apply_select_related(self.root_queryset), posted)
        elif keys is not None:
            self.result_list = in_order(self._before_search(), self._page(keys))

    def _keys(self) -> list[Any] | None:
        """Return the keys of the hits in the order of the list; None if the database sorts."""
        if not self.answer or not self.answer.hits:
            return None
        if self.is_ranked:
            return matching(self.queryset, self.answer.hits.ids)
        if may_repeat(self.queryset):
            return list(dict.fromkeys(self.queryset.values_list("pk", flat=True)))
        return None

    def _count_found(self) -> int:
        """Return the exact number of rows, which a project's paginator or rows may estimate."""
        is_counted = (
            type(self.paginator).count is Paginator.count
            and type(self.queryset).count is QuerySet.count
        )
        return self.result_count if is_counted else count_rows(self.queryset)

    def _asked_page(self, request: HttpRequest) -> ListPage | None:
        """Return the page to ask Elasticsearch for; None if the database has to make it."""
        if (
            not self._may_page
            or not searches_of(request).may_page
            or self._admin.search_unrestricted is False
            or request.method != "GET"
            or self.show_all
        ):
            return None
        # Some paginators move the last rows to the page before.
        paginator = self.model_admin.get_paginator(
            request, self.root_queryset.none(), self.list_per_page
        )
        return ListPage(
            number=self.page_num,
            size=self.list_per_page,
            orphans=paginator.orphans,
            date_hierarchy=self.date_hierarchy or "",
            with_all=bool(self.model_admin.show_full_result_count),
            root=self.root_queryset,
            is_sorted=bool(self.params.get(ORDER_VAR)),
            is_trusted=bool(self._admin.search_unrestricted) and shows_all(self.root_queryset),
        )

    def _know_rows(self, known: Known) -> None:
        """Let the list's queryset return what is known about its rows."""
        rows = self.queryset
        self.queryset = with_known(rows, known)
        if self.answer and self.answer.found is rows:
            self.answer = replace(self.answer, found=self.queryset)

    def _before_search(self) -> QuerySet[Any]:
        """Return rows that include those of the list, if possible without the keys of all hits.

        Rows that a project's ``get_search_results()`` added are only in the list's own queryset.
        """
        rows: QuerySet[Any] = self.queryset
        if self.answer and self.answer.found is rows and self.answer.rows is not None:
            return self.answer.rows
        return rows

    def _show_known(
        self, request: HttpRequest, answer: Answer, hits: PageHits | SearchHits, facts: Facts
    ) -> bool:
        """Show the page of Elasticsearch. Return False if the database lacks rows of the page."""
        rows = answer.rows
        if rows is None or answer.found is not self.queryset:
            return False
        page: QuerySet[Any] | None = None
        if isinstance(hits, PageHits):
            page = self._rows_of(rows, hits.keys)
            if len(page) != len(hits.keys):
                return False
            self.queryset = among(rows, lambda: keys_of(hits))
            self.answer = replace(answer, found=self.queryset)
        days = None
        if facts.days is not None and self.date_hierarchy:
            days = days_of(rows, self.date_hierarchy, facts.days)
        self._know_rows(Known(hits.listed, days))
        every = self.root_queryset
        of_all = facts.count_all() if facts.count_all else None
        if of_all is not None:
            self.root_queryset = with_known(every, Known(of_all))
        super().get_results(request)
        self.root_queryset = every
        self._found = hits.listed
        self._facets = facts.facets
        first, end = self._bounds()
        expected = max(min(end, hits.listed) - first, 0)
        if isinstance(hits, PageHits):
            keys = hits.keys[: end - first]
            self.result_list = page if len(keys) == len(hits.keys) else self._rows_of(rows, keys)
        if len(self.result_list) == expected:
            return True
        self._facets = {}
        return False

    def _rows_of(self, rows: QuerySet[Any], keys: Sequence[Any]) -> QuerySet[Any]:
        """Return the rows of a page, ordered by the database if a column was clicked."""
        return in_order(rows, keys) if self.is_ranked else rows.filter(pk__in=keys)

    def _page(self, ids: list[Any]) -> list[Any]:
        """Return the keys of the page's rows, best first."""
        start, end = self._bounds()
        return ids[start:end]

    def _bounds(self) -> tuple[int, int]:
        """Return the place of the page's first row, and the place after its last row."""
        # An estimated number may be a fraction.
        count = int(self.result_count)
        if not self.multi_page or (self.show_all and self.can_show_all):
            # A paginator's estimate may be too low.
            return 0, max(count, self.list_per_page, min(self._found, self.list_max_show_all))
        per_page = self.paginator.per_page
        start = (self.page_num - 1) * per_page
        end = start + per_page
        if end + self.paginator.orphans >= count:
            end = max(start, count)
        return start, end

    def get_ordering_field_columns(self) -> dict[int, Literal["desc", "asc"]]:
        """Return the sorted columns, or none while the best hits come first."""
        return {} if self.is_ranked else super().get_ordering_field_columns()


def searching(changelist: type[ChangeList]) -> type[ChangeList]:
    """Return ``changelist``, a class that another package may have made, with the order of hits."""
    if issubclass(changelist, ElasticsearchChangeListMixin):
        return changelist
    if changelist not in _made:
        name = f"Elasticsearch{changelist.__name__}"
        _made[changelist] = type(name, (ElasticsearchChangeListMixin, changelist), {})
    return _made[changelist]


def _posted_keys(model_admin: "ModelAdmin[Any]", request: HttpRequest) -> list[Any]:
    """Return the primary keys of the rows that were edited in the list."""
    if request.method != "POST" or "_save" not in request.POST:
        return []
    prefix = model_admin.get_changelist_formset(request).get_default_prefix()
    read = key_reader(model_admin.model)
    keys = [read(key) for key in model_admin._get_edited_object_pks(request, prefix)]  # noqa: SLF001
    return [key for key in keys if key is not None]


def _own(facets: Mapping[str, int], parameters: Iterable[str | None]) -> Mapping[str, int]:
    """Return the numbers beside the filter with these parameters, under the filter's own names."""
    own = facet_name(parameters, "")
    return {name.removeprefix(own): n for name, n in facets.items() if name.startswith(own)}


def _conditions(queryset: QuerySet[Any]) -> tuple[Any, Any]:
    return queryset.query.where, queryset.query.combinator


_made: dict[type[ChangeList], type[ChangeList]] = {}
