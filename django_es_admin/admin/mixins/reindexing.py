"""Reindexing in the ``ModelAdmin`` of an indexed model, for users with the right to it."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...conf import get_options
from ...documents import Document, registry
from ...exceptions import ElasticsearchAdminError
from ...indices.definition import IndexDefinition, definition_of
from ...lifecycle.reindex import keys_of, reindex_objects
from ...models import Index
from ...operations.acting import acting
from ...outbox.drain.breaker import is_open
from ...status.compared_object import ComparedObject, compare_object
from ..pages.parts.reindexed import tell_reindexed
from ..pages.parts.tool import READ_ONLY, Tool
from ..pages.parts.transactions import outside_transactions
from ..rights import Verb, index_admin, index_of

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object


class ReindexingMixin(Base):
    """Adds buttons, actions and a panel for reindexing to the pages of an indexed model.

    They appear only for users with the permissions ``reindex_objects``, ``rebuild_index`` or
    ``view_index``.
    """

    def get_urls(self) -> list[URLPattern]:
        """Add the URL of the button "Reindex" to the default URLs."""
        view = self.admin_site.admin_view(outside_transactions(self._reindex_one))
        name = f"{self.opts.app_label}_{self.opts.model_name}_reindex"
        return [path("<path:object_id>/reindex/", view, name=name), *super().get_urls()]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Add "Reindex selected" for users with the right."""
        actions: dict[str, Any] = super().get_actions(request)
        wanted = self.actions is not None and not _is_popup(request)
        if wanted and self.may_reindex(request) and not self._reads_only():
            title = gettext_lazy("Reindex selected %(verbose_name_plural)s")
            actions["reindex_selected"] = (_reindex_selected, "reindex_selected", title)
        return actions

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list with its buttons. "Reindex all that match" posts to it."""
        if request.method == "POST" and "_reindex_all" in request.POST:
            return self._reindex_all(request)
        response: HttpResponse = super().changelist_view(request, extra_context)
        tools = self._changelist_tools(request)
        if tools and isinstance(response, TemplateResponse) and not response.is_rendered:
            context = response.context_data or {}
            context["elasticsearch_tools"] = tools
            context["elasticsearch_tools_base"] = response.resolve_template(response.template_name)
            response.template_name = "admin/elasticsearch/reindexing/change_list.html"
        return response

    def render_change_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form with a panel about the indexed document."""
        response: HttpResponse = super().render_change_form(request, *args, **kwargs)
        instance = kwargs.get("obj")
        pages = self._pages()
        if instance is None or instance.pk is None or not isinstance(response, TemplateResponse):
            return response
        if not pages or not pages.has_view_permission(request):
            return response
        panels = [self._panel(definition, str(instance.pk)) for definition in self._definitions()]
        context = response.context_data or {}
        context["elasticsearch_panels"] = panels
        if panels and self.may_reindex(request):
            context["elasticsearch_reindex"] = self._tool("reindex", self._reindex_url(instance.pk))
            context["elasticsearch_connections"] = self._connections()
        context["elasticsearch_panel_base"] = response.resolve_template(response.template_name)
        response.template_name = "admin/elasticsearch/reindexing/change_form.html"
        return response

    def may_reindex(self, request: HttpRequest) -> bool:
        """Return whether the user may reindex, and view, objects of this model."""
        return self.has_view_permission(request) and self._may("reindex_objects", request)

    def get_why_url(self, request: HttpRequest, document: type[Document], text: str) -> str:
        """Return the URL of the page "Why is this (not) found?"; "" without the right to it."""
        pages = self._pages()
        if not pages or not pages.has_view_permission(request):
            return ""
        return f"{self._index_url(definition_of(document), 'why')}?{urlencode({'q': text})}"

    # --- the rest ---

    def _definitions(self) -> list[IndexDefinition]:
        return [definition_of(d) for d in registry.get_documents_for_model(self.model)]

    def _pages(self) -> Any:
        site = self.admin_site
        return index_admin(site) if site.is_registered(Index) else None

    def _may(self, verb: Verb, request: HttpRequest) -> bool:
        pages, definitions = self._pages(), self._definitions()
        return bool(pages and definitions) and all(
            pages.may(verb, request, index_of(d.using, d.name)) for d in definitions
        )

    def _reads_only(self) -> bool:
        return any(definition.connection.readonly for definition in self._definitions())

    def _tool(self, name: str, url: str = "", title: str = "") -> Tool:
        why = READ_ONLY if self._reads_only() else ""
        return Tool(name, title, "" if why else url, why)

    def _changelist_tools(self, request: HttpRequest) -> dict[str, Any]:
        if _is_popup(request):
            return {}
        tools: dict[str, Any] = {}
        if self.may_reindex(request):
            tools["reindex"] = self._tool("reindex_all")
        pages = self._pages()
        if self._may("rebuild_index", request) and pages.has_view_permission(request):
            tools["rebuild"] = [
                self._tool("rebuild", self._index_url(definition, "rebuild"), definition.name)
                for definition in self._definitions()
            ]
        if tools:
            tools["connections"] = self._connections()
        return tools

    def _connections(self) -> list[str]:
        """Return the connections of the indices for the buttons."""
        return sorted({definition.using for definition in self._definitions()})

    def _index_url(self, definition: IndexDefinition, page: str) -> str:
        return reverse(
            f"admin:elasticsearch_index_{page}",
            args=[quote(index_of(definition.using, definition.name).pk)],
            current_app=self.admin_site.name,
        )

    def _panel(self, definition: IndexDefinition, key: str) -> dict[str, Any]:
        comparison: ComparedObject | None = None
        problem = ""
        if is_open(definition.using):
            # The connection was just found to be down, so no page waits for it again.
            problem = _("Elasticsearch does not answer at the moment.")
        else:
            try:
                comparison = compare_object(definition, key)
            except ElasticsearchAdminError as error:
                problem = str(error)
        return {
            "name": definition.name,
            "connection": definition.using,
            "comparison": comparison,
            "problem": problem,
            "url": self._index_url(definition, "compare"),
            "why_url": self._index_url(definition, "why"),
            "key": key,
        }

    def _reindex_url(self, key: Any) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_reindex"
        try:
            return reverse(name, args=[quote(key)], current_app=self.admin_site.name)
        except NoReverseMatch:
            # A ModelAdmin may have replaced its URLs.
            return ""

    def _reindex_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.may_reindex(request):
            raise PermissionDenied
        instance = self.get_object(request, unquote(object_id))
        if instance is None:
            raise Http404("There is no such object.")
        if not self.has_view_permission(request, instance):
            raise PermissionDenied
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        url = reverse(name, args=[quote(instance.pk)], current_app=self.admin_site.name)
        if request.method == "POST":
            self._reindex(request, self.get_queryset(request).filter(pk=instance.pk))
        return HttpResponseRedirect(url)

    def _reindex_all(self, request: HttpRequest) -> HttpResponse:
        if not self.may_reindex(request):
            raise PermissionDenied
        try:
            changelist = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            # The list shows the message.
            return HttpResponseRedirect(request.get_full_path())
        answer = getattr(changelist, "answer", None)
        if answer is not None and answer.hits is None:
            # As for actions: the database may find other rows than the user saw.
            self.message_user(
                request,
                _("Nothing was done, because Elasticsearch did not answer the search."),
                messages.ERROR,
            )
        elif "confirmed" in request.POST:
            self._reindex(request, changelist.get_queryset(request))
        else:
            return self._ask(request, changelist.get_queryset(request))
        return HttpResponseRedirect(request.get_full_path())

    def _ask(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """Show what "Reindex all" will do, before it is done."""
        definitions = self._definitions()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Reindex %(objects)s") % {"objects": self.opts.verbose_name_plural},
            "opts": self.opts,
            "count": self._chosen(queryset, definitions[0]).count(),
            "connections": self._connections(),
            "names": ", ".join(definition.name for definition in definitions),
            "at_once": get_options().inline_max_objects,
            "address": request.get_full_path(),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/elasticsearch/reindexing/confirm.html", context)

    def _reindex(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        if self._reads_only():
            self.message_user(request, READ_ONLY, messages.ERROR)
            return
        for definition in self._definitions():
            chosen = self._chosen(queryset, definition)
            count = chosen.count()
            index = index_of(definition.using, definition.name)
            text = f"Reindexed {count} of {self.opts.label}."
            index_admin(self.admin_site).log_change(request, index, text)
            keys = chosen.values_list("pk", flat=True).iterator()
            with acting(request.user.get_username()):
                result = reindex_objects(definition, keys_of(definition, keys))
            tell_reindexed(self._pages(), request, definition, result)

    def _chosen(self, queryset: QuerySet[Any], definition: IndexDefinition) -> QuerySet[Any]:
        """Return the chosen rows without joins that could return one of them twice."""
        using = definition.database
        chosen = queryset.using(using).order_by().values("pk")
        rows: QuerySet[Any] = self.model._base_manager.using(using).filter(pk__in=chosen)
        return rows


def _is_popup(request: HttpRequest) -> bool:
    return "_popup" in request.GET


def _reindex_selected(
    model_admin: ReindexingMixin, request: HttpRequest, queryset: QuerySet[Any]
) -> None:
    if not model_admin.may_reindex(request):
        raise PermissionDenied
    model_admin._reindex(request, queryset)  # noqa: SLF001 (the same class's)
