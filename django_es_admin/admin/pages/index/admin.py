"""The pages of one index."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from django.contrib.admin.utils import unquote
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from ....models import Index, Judgement, LoggedSearch
from ...permissions import PageAdmin
from ...rights import IndexPages, index_of
from ..operations.action import Action
from ..operations.actions import ACTIONS
from ..operations.operate import operate
from ..operations.several import several_view
from ..operations.tools import problems_of
from ..parts.address import find_index
from ..parts.links import model_links
from ..parts.transactions import outside_transactions
from .compare import compare_view
from .frame import frame, may_search
from .judge import judge_view
from .parameters import keep_query, read_asked
from .preview import preview_view
from .sent import read_sent
from .tabs import OVERVIEW, TABS, Tab
from .tuning import tuning_view
from .why import why_view


class IndexAdmin(IndexPages):
    """A page per index, declared or not, whose id is ``connection:name``.

    The admin's URL for the list redirects to the dashboard; its URL for the form shows the
    overview.
    """

    def get_urls(self) -> list[URLPattern]:
        """Return the admin's URLs, and one for each other tab."""
        tabs = [
            path(f"<path:object_id>/{tab.name}/", self._tab_view(tab), name=tab.url_name)
            for tab in TABS
            if not tab.is_first
        ]
        compare = path(
            "<path:object_id>/documents/compare/",
            self.admin_site.admin_view(outside_transactions(self._compare)),
            name="elasticsearch_index_compare",
        )
        why = path(
            "<path:object_id>/documents/why/",
            self.admin_site.admin_view(outside_transactions(self._why)),
            name="elasticsearch_index_why",
        )
        preview = path(
            "<path:object_id>/generations/preview/",
            self.admin_site.admin_view(outside_transactions(self._preview)),
            name="elasticsearch_index_preview",
        )
        judge = path(
            "<path:object_id>/documents/judge/",
            self.admin_site.admin_view(outside_transactions(self._judge)),
            name="elasticsearch_index_judge",
        )
        tuning = path(
            "<path:object_id>/tuning/",
            self.admin_site.admin_view(outside_transactions(self._tuning)),
            name="elasticsearch_index_tuning",
        )
        actions = [
            path(
                f"<path:object_id>/{action.name}/",
                self.admin_site.admin_view(outside_transactions(self._action_view(action))),
                name=action.url_name,
            )
            for action in ACTIONS
        ]
        several = path(
            "several/<str:verb>/",
            self.admin_site.admin_view(outside_transactions(self._several)),
            name="elasticsearch_index_several",
        )
        own = [compare, why, judge, preview, tuning]
        return [several, *tabs, *own, *actions, *super().get_urls()]

    def _action_view(self, action: Action) -> Callable[[HttpRequest, str], HttpResponse]:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            return operate(self, request, unquote(object_id), action)

        return view

    def _several(self, request: HttpRequest, verb: str) -> HttpResponse:
        return several_view(self, request, verb)

    def _compare(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return compare_view(self, request, unquote(object_id))

    def _why(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return why_view(self, request, unquote(object_id))

    def _judge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.admin_site.is_registered(Judgement):
            raise PermissionDenied
        judgements = self.admin_site.get_model_admin(Judgement)
        return judge_view(self, judgements, request, unquote(object_id))

    def _preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return preview_view(self, self._searches(), request, unquote(object_id))

    def _tuning(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return tuning_view(self, self._searches(), request, unquote(object_id))

    def _searches(self) -> PageAdmin:
        if not self.admin_site.is_registered(LoggedSearch):
            raise PermissionDenied
        return cast(PageAdmin, self.admin_site.get_model_admin(LoggedSearch))

    def _tab_view(self, tab: Tab) -> Callable[..., HttpResponseBase]:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            return self.show(request, unquote(object_id), tab)

        return self.admin_site.admin_view(view)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the indices on the dashboard."""
        self.require_view(request)
        url = reverse(
            "admin:app_list", args=[self.opts.app_label], current_app=self.admin_site.name
        )
        return HttpResponseRedirect(f"{url}#indices")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the overview."""
        return self.show(request, unquote(object_id), OVERVIEW, extra_context)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Index:
        """Return the object for an index in the admin's own views, such as its history.

        Raises:
            PermissionDenied: the user may not view indices.
            Http404: there is no such index.
        """
        self.require_view(request)
        # The history does not need valid settings.
        with suppress(ImproperlyConfigured):
            find_index(object_id)
        return Index(pk=object_id)

    def show(
        self,
        request: HttpRequest,
        object_id: str,
        tab: Tab,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one tab of one index.

        Args:
            object_id: ``connection:name``.

        Raises:
            PermissionDenied: the user may not view indices, or the contents of this index.
            Http404: there is no such index.
        """
        self.require_view(request)
        asked_for = {tab.asks, "words"} if tab.console else {tab.asks} - {""}
        asks = request.method == "POST" and not asked_for.isdisjoint(request.POST)
        if not asks and request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if tab.console and not may_search(self, request, object_id):
            raise PermissionDenied
        # A link must not send a search on behalf of a user.
        asked = read_asked(request) if asks or not tab.console else {}
        detail, error = None, ""
        try:
            # Check the permission before sending a request that needs it.
            unseen = tab.private and not self.has_view_documents_permission(
                request, Index(pk=object_id)
            )
            look = None if unseen or (asks and tab.keeps) else tab.look(asked)
            detail = find_index(object_id, look=look, exact=tab.is_first)
        except ImproperlyConfigured as problem:
            error = str(problem)
        # Without valid settings, the page only shows what is wrong with them.
        may_read = detail is None or self.has_view_documents_permission(
            request, Index(pk=object_id)
        )
        if tab.private and not may_read:
            raise PermissionDenied
        if asks and tab.console and tab.asks in asked:
            self.log_change(request, Index(pk=object_id), "Searched by JSON.")
        if asks and tab.keeps:
            return HttpResponseRedirect(keep_query(request, asked[tab.asks]))
        subtitle = None if tab.is_first else tab.title
        context = frame(self, request, object_id, detail, tab=tab, subtitle=subtitle)
        context["error"] = error
        if detail:
            links = model_links(context["available_apps"], self.admin_site.name)
            context |= tab.fill(detail, links, asked)
            readonly = detail.connection.details.readonly
            context["problems"] = problems_of(self, request, detail.status, readonly=readonly)
            if tab.console and detail.status.model:
                named = (detail.status.connection, detail.status.name)
                context["sent"] = read_sent(self, request, *named, asked.get("words", ""))
            if detail.status.declared:
                index = index_of(detail.status.connection, detail.status.name)
                context["may_swap"] = self.has_swap_alias_permission(request, index)
                context["may_delete"] = self.has_delete_index_permission(request, index)
        request.current_app = self.admin_site.name
        template = tab.template if detail else "unavailable.html"
        return TemplateResponse(
            request, f"admin/elasticsearch/index/{template}", context | (extra_context or {})
        )
