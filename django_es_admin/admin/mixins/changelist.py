"""The change list that shows hits best first."""

from collections.abc import Callable, Mapping
from types import MethodType
from typing import TYPE_CHECKING, Any, Literal, cast

from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from ...search.keys import among
from ...search.page import PageHits
from .answer import Answer, search_of
from .paging import answer_from, keys_of, plan_page, shows_all
from .ranking import in_order, matching

if TYPE_CHECKING:
    from .search import ElasticsearchSearchMixin

    Base = ChangeList
else:
    Base = object


class ElasticsearchChangeListMixin(Base):
    """Orders a change list by relevance unless a column is chosen; everything else is the base's.

    Its model admin has the :class:`~django_es_admin.admin.mixins.search.ElasticsearchSearchMixin`.
    """

    answer: Answer | None = None
    """What answered the search; None if there was none."""

    _may_page = True
    _narrowed: tuple[QuerySet[Any], QuerySet[Any]] | None = None

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if self.search_help_text is None and self.search_fields:
            self.search_help_text = self._admin.get_search_help_text(request)
        if self.answer and self.answer.hits:
            self._admin.mark_columns(request, self)

    def is_link(self, column: str) -> bool:
        """Whether the cells of a column lead to their rows."""
        links = self.list_display_links
        return links is not None and column in (links or self.list_display[:1])

    def replace_columns(self, columns: Mapping[str, Callable[[Any], Any]]) -> None:
        """Show other columns in the places of those of these names."""

        def replaced(names: Any) -> Any:
            return names and [columns.get(name, name) for name in names]

        self.list_display = replaced(self.list_display)
        self.list_display_links = replaced(self.list_display_links)
        self.sortable_by = replaced(self.sortable_by)

    @property
    def _admin(self) -> "ElasticsearchSearchMixin":
        return cast("ElasticsearchSearchMixin", self.model_admin)

    @property
    def is_ranked(self) -> bool:
        """Whether the rows come best first."""
        return bool(self.answer and self.answer.hits and not self.params.get(ORDER_VAR))

    @property
    def may_tell_of_hits(self) -> bool:
        """Whether hits that are not in the list are nothing to hide: somebody chose the filters."""
        return self._is_as_narrowed and shows_all(self.root_queryset)

    @property
    def has_all_hits(self) -> bool:
        """Whether each hit that has a row is in the list."""
        return self._is_as_narrowed and self._narrowed is not None and shows_all(self._narrowed[0])

    @property
    def _is_as_narrowed(self) -> bool:
        """Whether no condition was added to those of the filters and of the search."""
        if self._narrowed is None:
            return False
        own, narrowed = self.queryset.query, self._narrowed[1].query
        return bool(own.where == narrowed.where and own.combinator == narrowed.combinator)

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        """Return the rows; the base sorts them, so that the search must not."""
        search = search_of(request)
        before = search.in_changelist, search.plan_page, search.conditions_of
        search.in_changelist = True
        if self.add_facets:
            # One search is for all of them, and each leaves out the condition of its own filter.
            search.conditions_of = lambda rows: self.root_queryset
        if self._may_page:
            search.plan_page = lambda rows: plan_page(self, request, rows)
        try:
            return super().get_queryset(request, *args, **kwargs)
        finally:
            search.in_changelist, search.plan_page, search.conditions_of = before

    def get_results(self, request: HttpRequest) -> None:
        """Count and page as the base does, then take the page's rows by their rank."""
        self._read_answer(request)
        if self.answer and isinstance(self.answer.hits, PageHits):
            if self._show_page(request, self.answer.hits):
                return
            # The index is not up to date with the rows of this page, or somebody changed what the
            # search left of them: the database knows better.
            self._may_page = False
            self.root_queryset.__dict__.pop("count", None)
            search_of(request).forget()
            self.queryset = self.get_queryset(request)
            self._read_answer(request)
        ranked: list[Any] = []
        if self.is_ranked and self.answer and self.answer.hits:
            ranked = matching(self.queryset, self.answer.hits.ids)
            # They need not be counted once more; what is made of this queryset counts by itself.
            counted = MethodType(lambda queryset: len(ranked), self.queryset)
            self.queryset.__dict__["count"] = counted
        super().get_results(request)
        posted = self._admin.get_posted_keys(request) if self.list_editable else None
        if posted and self.query:
            # The rows of a form that comes back with errors are those that were sent: a search
            # that is answered differently now would put each form into another row.
            self.result_list = in_order(self.apply_select_related(self.root_queryset), posted)
        elif self.is_ranked:
            self.result_list = in_order(self._before_search(), self._page(ranked))

    def _read_answer(self, request: HttpRequest) -> None:
        # Facets ask for querysets of their own later.
        self.answer = self._admin.find_answer(request)
        self._narrowed = search_of(request).narrowed

    def _before_search(self) -> QuerySet[Any]:
        """Return rows among which those of the list are, if possible without the keys of all hits.

        What a project's ``get_search_results()`` added is in the list's own queryset only.
        """
        rows: QuerySet[Any] = self.queryset
        if self._narrowed and self._narrowed[1] is rows:
            return self._narrowed[0]
        return rows

    def _show_page(self, request: HttpRequest, page: PageHits) -> bool:
        """Show a page as Elasticsearch found it; False if the database has not all of its rows."""
        rows = search_of(request).page_of
        if rows is None or self._narrowed != (rows, self.queryset):
            return False
        self.queryset = among(rows, lambda: keys_of(page))
        self._narrowed = rows, self.queryset
        answer_from(page, self)
        super().get_results(request)
        first, end = self._bounds()
        keys = page.keys[: end - first]
        self.result_list = in_order(rows, keys)
        return len(self.result_list) == len(keys) == end - first

    def _page(self, ids: list[Any]) -> list[Any]:
        """Return the keys of the page's rows, best first."""
        start, end = self._bounds()
        return ids[start:end]

    def _bounds(self) -> tuple[int, int]:
        """Return the places of the page's first row and of the row after its last."""
        if not self.multi_page or (self.show_all and self.can_show_all):
            return 0, self.result_count
        per_page = self.paginator.per_page
        start = (self.page_num - 1) * per_page
        end = start + per_page
        if end + self.paginator.orphans >= self.result_count:
            end = self.result_count
        return start, end

    def get_ordering_field_columns(self) -> dict[int, Literal["desc", "asc"]]:
        """Return the sorted columns; none while the best hits come first."""
        return {} if self.is_ranked else super().get_ordering_field_columns()


def searching(changelist: type[ChangeList]) -> type[ChangeList]:
    """Return ``changelist``, which another package may have made, with the order of hits."""
    if issubclass(changelist, ElasticsearchChangeListMixin):
        return changelist
    if changelist not in _made:
        name = f"Elasticsearch{changelist.__name__}"
        _made[changelist] = type(name, (ElasticsearchChangeListMixin, changelist), {})
    return _made[changelist]


_made: dict[type[ChangeList], type[ChangeList]] = {}
