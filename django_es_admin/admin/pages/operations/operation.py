"""The operations: a list, and a page for each that shows its progress."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ....exceptions import (
    ConnectionDoesNotExist,
    IndexNotDeclared,
    OperationMissing,
    OperationRefused,
)
from ....indices.definition import IndexDefinition, get_definition
from ....indices.names import alias_of_generation, short_generation_name
from ....models import Operation
from ....operations.ending import cancel, find_cancel_refusal
from ....operations.history import OperationStatus, get_operation
from ....operations.running import operations_in
from ....said import said_by
from ....status.figures import read_figures
from ...permissions import PageAdmin
from ...rights import RIGHTS, index_admin, index_of, may_see_searches
from ..parts.address import object_id, parse_id, quoted_id
from ..parts.changes import Line, linked
from ..parts.databases import DatabaseFilter, first_database
from ..parts.format import NOTHING, age, duration, shown
from ..parts.labels import LabelColumn
from ..parts.links import model_links
from ..parts.refreshing import leave_session
from ..parts.reindexed import outbox_url
from ..parts.state import operation_state, operation_title
from ..parts.tool import READ_ONLY, Tool
from ..parts.transactions import outside_transactions
from .actions import BY_KIND, BY_NAME
from .choices import IndexFilter, WhoFilter
from .differences import Differences, read_page, reindex_differences
from .log import log_of
from .outcome import RefusalReason, group_reasons, left_over, outcome_of
from .tools import reads_only, tool_for


class OperationList(ChangeList):
    """Links each operation with its database and its key."""

    def url_for_result(self, result: Any) -> str:
        """Return the URL of an operation's page."""
        return reverse(
            "admin:elasticsearch_operation_change",
            args=[quoted_id(result._state.db, str(result.pk))],
            current_app=self.model_admin.admin_site.name,
        )


class OperationAdmin(LabelColumn, PageAdmin):
    """The operations, the newest first, for users who may view indices."""

    actions = None
    change_list_template = "admin/elasticsearch/operation/change_list.html"
    date_hierarchy = "created_at"
    list_display = (
        "title",
        "connection_of",
        "state_of",
        "moved",
        "who",
        "began",
        "waited",
        "worked",
    )
    list_filter = ("kind", "state", IndexFilter, WhoFilter, DatabaseFilter)
    list_per_page = 50
    search_fields = ("index", "who", "generation")
    search_help_text = _(
        "Searches the index, the generation, and the user who started the operation."
    )
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow users who may view indices."""
        return index_admin(self.admin_site).has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        """Return the admin's URLs, and the one that cancels."""
        view = self.admin_site.admin_view(self.cancel_view)
        name = "elasticsearch_operation_cancel"
        again = self.admin_site.admin_view(outside_transactions(self.reindex_view))
        return [
            path("<path:object_id>/cancel/", view, name=name),
            path("<path:object_id>/reindex/", again, name="elasticsearch_operation_reindex"),
            *super().get_urls(),
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list that links operations of all databases."""
        return OperationList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the operations of the first database; a filter chooses others."""
        return operations_in(first_database())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list."""
        context = {"title": _("Operations"), **(extra_context or {})}
        return super().changelist_view(request, context)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Operation:
        """Return an operation for the admin's own views, such as its history.

        Raises:
            PermissionDenied: the user may not view indices.
            Http404: there is no such operation.
        """
        self.require_view(request)
        return self._find(object_id).row

    # --- columns ---

    @admin.display(description=_("operation"), ordering="kind")
    def title(self, row: Operation) -> str:
        """Return the kind of operation, and its index."""
        return operation_title(_status(row))

    @admin.display(description=_("state"), ordering="state")
    def state_of(self, row: Operation) -> str:
        """Return the state of the operation."""
        return operation_state(_status(row)).text

    @admin.display(description=_("from → to"))
    def moved(self, row: Operation) -> SafeString:
        """Return which generation replaced which, and the note."""
        status = _status(row)
        source = "" if status.source == row.generation else status.source
        names = [_short(name) for name in (source, row.generation) if name]
        note = format_html('<div class="quiet small" dir="auto">{}</div>', status.note)
        return format_html("{}{}", " → ".join(names) or NOTHING, note if status.note else "")

    @admin.display(description=_("began"), ordering="created_at")
    def began(self, row: Operation) -> Any:
        """Return how long ago it was started."""
        return age(_status(row).began)

    @admin.display(description=_("waited"))
    def waited(self, row: Operation) -> str:
        """Return how long it waited."""
        return _spent(_("waited"), _status(row).waited)

    @admin.display(description=_("ran"))
    def worked(self, row: Operation) -> str:
        """Return how long it ran."""
        return _spent(_("ran"), _status(row).worked)

    # --- pages ---

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the progress of an operation."""
        self.require_view(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        leave_session(request)
        operation = self._find(unquote(object_id))
        row = operation.row
        index = index_of(row.connection, row.index)
        pages = index_admin(self.admin_site)
        if operation.failures and not pages.has_view_documents_permission(request, index):
            # Elasticsearch's errors quote values.
            row.details = {key: row.details[key] for key in row.details if key != "failures"}
        each = self.admin_site.each_context(request)
        context = {
            **each,
            "title": operation_title(operation),
            "subtitle": None,
            "opts": self.opts,
            "object_id": quote(object_id_of(operation)),
            "operation": operation,
            "index_id": quote(index.pk),
            "log": log_of(operation),
            "outcome": outcome_of(operation),
            "outbox_url": self._outbox_url(operation),
            "time_left": operation.seconds_left(),
            "reasons": self._reasons(request, operation),
            "differences": self._differences(request, operation, each["available_apps"]),
            "may_reindex": pages.has_reindex_objects_permission(request, index),
            "read_only": READ_ONLY if reads_only(row.connection) else "",
            "may_act": self.may_act(request, operation),
            "cancel_refusal": find_cancel_refusal(operation),
            "next": self._next(request, operation),
            "changes": self._changes(request, operation, each["available_apps"]),
        }
        request.current_app = self.admin_site.name
        template = "admin/elasticsearch/operation/page.html"
        return TemplateResponse(request, template, context | (extra_context or {}))

    def _outbox_url(self, operation: OperationStatus) -> str:
        """Return the URL of the rows that an operation left in the outbox; "" if there are none."""
        state, definition = left_over(operation), _definition(operation.row)
        if not state or definition is None:
            return ""
        return outbox_url(index_admin(self.admin_site), definition, state)

    def _reasons(
        self, request: HttpRequest, operation: OperationStatus
    ) -> tuple[RefusalReason, ...]:
        apps = self.admin_site.get_app_list(request) if operation.failures else []
        links = model_links(apps, self.admin_site.name)
        definition = _definition(operation.row)
        model = definition.model_label if definition else ""
        return group_reasons(operation.failures, lambda key: links.change(model, key))

    def _differences(
        self, request: HttpRequest, operation: OperationStatus, apps: Any
    ) -> Differences | None:
        row = operation.row
        index = index_of(row.connection, row.index)
        asked = request.GET.get("p", "")
        url = reverse(
            "admin:elasticsearch_index_compare",
            args=[quote(index.pk)],
            current_app=self.admin_site.name,
        )
        return read_page(
            operation,
            int(asked) if asked.isdecimal() and len(asked) < 9 else 1,
            model_links(apps, self.admin_site.name),
            compare_url=url,
            may_read=index_admin(self.admin_site).has_view_documents_permission(request, index),
        )

    def _changes(
        self, request: HttpRequest, operation: OperationStatus, apps: Any
    ) -> list[Line] | None:
        """Return the searches that change in a preview; None for users who may not see them."""
        row = operation.row
        result = row.details.get("preview")
        index = index_of(row.connection, row.index)
        if not result or not may_see_searches(self.admin_site, request, index):
            return None
        definition = _definition(row)
        model = definition.model_label if definition else ""
        return linked(result["changes"], model_links(apps, self.admin_site.name), model)

    def reindex_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Reindex the objects that a comparison found to differ."""
        self.require_view(request)
        if request.method != "POST":
            index = index_admin(self.admin_site)
            if not index.has_reindex_objects_permission(request):
                raise PermissionDenied
            return HttpResponseNotAllowed(["POST"])
        operation = self._find(unquote(object_id))
        return reindex_differences(self.admin_site, request, operation, _definition(operation.row))

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Cancel the operation, and show its page again.

        Raises:
            PermissionDenied: the user does not have the right to start such an operation.
        """
        self.require_view(request)
        operation = self._find(unquote(object_id))
        if not self.may_act(request, operation):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        index = index_of(operation.row.connection, operation.row.index)
        try:
            cancel(operation)
        except OperationRefused as refusal:
            self.message_user(request, shown(said_by(refusal)), messages.WARNING)
        else:
            text = f"Cancelled: {operation.row.kind}."
            index_admin(self.admin_site).log_change(request, index, text)
        url = reverse(
            "admin:elasticsearch_operation_change",
            args=[quote(object_id_of(operation))],
            current_app=self.admin_site.name,
        )
        return HttpResponseRedirect(url)

    def may_act(self, request: HttpRequest, operation: OperationStatus) -> bool:
        """Return whether the user may start such an operation, and so cancel it."""
        row = operation.row
        verb = RIGHTS[Operation.Kind(row.kind)]
        return index_admin(self.admin_site).may(verb, request, index_of(row.connection, row.index))

    def _next(self, request: HttpRequest, operation: OperationStatus) -> list[Tool]:
        """Return the actions to suggest after an operation has ended: continue, or try again."""
        row = operation.row
        own, definition = BY_KIND.get(Operation.Kind(row.kind)), _definition(row)
        if own is None or definition is None:
            return []
        done = row.state == Operation.State.DONE
        actions = [BY_NAME[name] for name in own.following(row)] if done else [own]
        figures = read_figures([definition])
        index = index_of(row.connection, row.index)
        pages = index_admin(self.admin_site)
        tools = []
        for action in actions:
            if not action.has_work(definition, figures):
                continue
            if not pages.may(action.right, request, index):
                continue
            # With the operation's own generation, and not the newest one.
            named = {action.parameter: row.generation} if action.parameter else {}
            title = action.title if done else _("Try again: %(action)s") % {"action": action.title}
            why = READ_ONLY if reads_only(row.connection) else ""
            tools.append(tool_for(action, pages, index, title=title, why=why, parameters=named))
        return tools

    def _find(self, key: str) -> OperationStatus:
        try:
            return get_operation(*parse_id(key))
        except OperationMissing as error:
            raise Http404(str(error)) from error


def _definition(row: Operation) -> IndexDefinition | None:
    try:
        return get_definition(row.index, row.connection)
    except (ConnectionDoesNotExist, IndexNotDeclared):
        return None


def object_id_of(operation: OperationStatus) -> str:
    """Return the id of an operation in the admin."""
    return object_id(operation.using, str(operation.row.pk))


def _short(name: str) -> str:
    generated = alias_of_generation(name) is not None
    return short_generation_name(name) if generated else name


def _status(row: Operation) -> OperationStatus:
    return OperationStatus(row, row._state.db or first_database())


def _spent(what: str | Promise, seconds: float | None) -> SafeString:
    """Return a length of time, with a label for narrow screens, where the table has no headings."""
    return format_html(
        '<span class="nowrap"><span class="esa-narrow">{} </span>{}</span>', what, duration(seconds)
    )
