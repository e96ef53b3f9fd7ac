"""The outbox: the changes that wait, failed or are parked, and what to do with them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ...clock import clock_of
from ...indices.definition import IndexDefinition, get_definitions
from ...models import Index, OutboxEntry
from ...outbox.rows.by_hand import discard, plan_discard, retry
from ...status.figures import read_figures
from ..permissions import PageAdmin
from ..rights import index_admin, index_of
from .operations.choices import IndexFilter
from .parts.databases import DatabaseFilter, first_database
from .parts.format import age, clock, number
from .parts.labels import label
from .parts.links import model_links
from .parts.objects import NamedObject, name_objects


class FedIndexFilter(IndexFilter):
    """Filters by an index that has an outbox."""

    def definitions(self) -> list[IndexDefinition]:
        """Return the indices with a document."""
        return [definition for definition in get_definitions() if definition.document]


class StateFilter(admin.SimpleListFilter):
    """Filters by the state of the rows."""

    title = _("state")
    parameter_name = "state"
    _conditions = {
        "waiting": Q(parked_at__isnull=True, delete_sent=False),
        "failed": Q(parked_at__isnull=True, delete_sent=False, attempts__gt=0),
        "refused": Q(delete_sent=False) & (Q(attempts__gt=0) | Q(parked_at__isnull=False)),
        "parked": Q(parked_at__isnull=False),
        "again": Q(parked_at__isnull=True, delete_sent=True),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the states."""
        return [
            ("waiting", _("waiting")),
            ("failed", _("refused, to be tried again")),
            ("refused", _("refused, parked or not")),
            ("parked", _("parked")),
            ("again", _("second delete")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows in the chosen state."""
        return queryset.filter(self._conditions.get(self.value() or "", Q()))


MOST_CHARACTERS = 300
"""The maximum length of an error in the list, because Elasticsearch's errors quote whole values."""


class OutboxList(ChangeList):
    """Adds the names of the objects on one page, with one query for each model."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the rows of the page, and the objects they refer to."""
        super().get_results(request)
        site = self.model_admin.admin_site
        links = model_links(site.get_app_list(request), site.name)
        rows = list(self.result_list)
        named = name_objects(rows, links)
        for row in rows:
            row.named = named.get(row.pk)
        self.result_list = rows


class OutboxAdmin(PageAdmin):
    """The rows, the oldest first, of the indices whose documents the user may read."""

    actions = ("retry_selected", "discard_selected")
    change_list_template = "admin/elasticsearch/outbox/change_list.html"
    list_display = ("change", "index_name", "state", "when")
    list_display_links = None
    list_filter = (FedIndexFilter, StateFilter, DatabaseFilter)
    list_per_page = 50
    search_fields = ("=key",)
    search_help_text = _("Searches the key of the object.")
    show_full_result_count = False
    ordering = ("pk",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list that shows names of objects."""
        return OutboxList

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow users who may view indices."""
        return index_admin(self.admin_site).has_view_permission(request)

    def has_reindex_objects_permission(self, request: HttpRequest) -> bool:
        """Ask the pages of the indices."""
        return index_admin(self.admin_site).has_reindex_objects_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows of indices whose documents the user may read.

        Only superusers see rows of an index that is not declared.
        """
        pages = index_admin(self.admin_site)
        definitions = get_definitions()
        readable = _rows_of(
            definition
            for definition in definitions
            if definition.document
            and pages.has_view_documents_permission(
                request, index_of(definition.using, definition.name)
            )
        )
        if request.user.is_superuser:
            readable |= ~_rows_of(definitions)
        every = OutboxEntry.objects.using(first_database()).annotate(now=Now())
        return every.filter(readable).order_by("pk")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the rows below the figures of each index."""
        self.require_view(request)
        definitions = [definition for definition in get_definitions() if definition.document]
        figures = read_figures(definitions)
        summary = [(each, figures.outbox(each)) for each in definitions]
        context = {"title": _("Outbox"), "summary": summary, **(extra_context or {})}
        return super().changelist_view(request, context)

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Refuse: the list shows everything about a row.

        Raises:
            PermissionDenied: always.
        """
        raise PermissionDenied

    history_view = change_view

    # --- columns ---

    @admin.display(description=_("change of"))
    def change(self, row: OutboxEntry) -> SafeString:
        """Return the object that the row refers to, with its name if it exists."""
        key = f"{row.model} {row.key}" if row.kind == OutboxEntry.Kind.RELATED else row.key
        named: NamedObject | None = getattr(row, "named", None)
        if named is None:
            return format_html("<bdi>{}</bdi>", key)
        text = format_html("<bdi>{}</bdi>", named.name)
        if named.url:
            text = format_html('<a href="{}">{}</a>', named.url, text)
        return format_html('{} <bdi class="quiet small">{}</bdi>', text, key)

    @admin.display(description=_("index"))
    def index_name(self, row: OutboxEntry) -> SafeString:
        """Return the name of the index, with the label of its connection."""
        return format_html("{} {}", row.index, label(row.connection))

    @admin.display(description=_("state"))
    def state(self, row: OutboxEntry) -> SafeString:
        """Return the state of the row and the reason, shortened, with the whole text as title."""
        if row.parked_at:
            state = _("parked")
        elif row.delete_sent:
            state = _("second delete")
        else:
            state = _("refused") if row.attempts else _("waiting")
        if not row.error:
            text = (
                _("Its document was deleted, and is deleted once more.")
                if row.delete_sent
                else _("It has not been tried yet.")
            )
            return format_html('{} <div class="quiet small">{}</div>', state, text)
        count = ngettext("%(count)s attempt", "%(count)s attempts", row.attempts)
        return format_html(
            '{} <span class="quiet small">{}</span>'
            '<div class="esa-reason" dir="auto" title="{}">{}</div>',
            state,
            count % {"count": number(row.attempts)},
            row.error,
            row.error[:MOST_CHARACTERS],
        )

    @admin.display(description=_("made"))
    def when(self, row: OutboxEntry) -> SafeString:
        """Return how old the row is, and when it is tried again."""
        due = clock(_here(row, row.due_at)) if row.due_at else _("at once")
        told = _("retried by hand") if row.parked_at else format_html(gettext("next: {}"), due)
        return format_html(
            '<span class="nowrap">{}</span><div class="quiet small nowrap">{}</div>',
            age(_here(row, row.created_at)),
            told,
        )

    # --- actions ---

    @admin.action(description=_("Retry selected rows"), permissions=["reindex_objects"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Make the selected rows due now."""
        self._require_right(request, queryset)
        self._log(request, queryset, "Retried rows of the outbox.")
        count = retry(_plain(queryset))
        text = ngettext(
            "%(count)s row is tried again with the next drain.",
            "%(count)s rows are tried again with the next drain.",
            count,
        )
        self.message_user(request, text % {"count": number(count)}, messages.SUCCESS)

    @admin.action(description=_("Discard selected rows…"), permissions=["reindex_objects"])
    def discard_selected(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Ask to type the name of the index, then delete the rows."""
        self._require_right(request, queryset)
        rows = _plain(queryset)
        plan = plan_discard(rows)
        if len(plan.indices) != 1:
            text = (
                _(
                    "The selected rows belong to several indices: choose one index in the filter "
                    "first."
                )
                if plan.indices
                else _("There is nothing to discard: second deletes complete on their own.")
            )
            self.message_user(request, text, messages.ERROR)
            return None
        typed = request.POST.get("typed")
        if typed == plan.indices[0]:
            self._log(request, queryset, "Discarded rows of the outbox.")
            until = request.POST.get("until", "")
            count = discard(rows, int(until) if until.isdecimal() and len(until) < 19 else 0)
            done = ngettext("%(count)s row was discarded.", "%(count)s rows were discarded.", count)
            self.message_user(request, done % {"count": number(count)}, messages.SUCCESS)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Discard rows of the outbox"),
            "opts": self.opts,
            "plan": plan,
            "connections": sorted({str(each.pk).rpartition(":")[0] for each in _indices(queryset)}),
            "keys": request.POST.getlist("_selected_action"),
            "select_across": request.POST.get("select_across", "0"),
            "wrong": typed is not None,
            "address": request.get_full_path(),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/elasticsearch/outbox/discard.html", context)

    def _require_right(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        pages = index_admin(self.admin_site)
        if not all(pages.may("reindex_objects", request, index) for index in _indices(queryset)):
            raise PermissionDenied

    def _log(self, request: HttpRequest, queryset: QuerySet[Any], text: str) -> None:
        """Add an entry to the history of each index."""
        for index in _indices(queryset):
            index_admin(self.admin_site).log_change(request, index, text)


def _here(row: Any, stored: datetime) -> datetime:
    """Return a time of a row, by the clock of this process."""
    return clock_of(row.now).here(stored)


def _indices(queryset: QuerySet[Any]) -> list[Index]:
    pairs = _plain(queryset).order_by().values_list("connection", "index").distinct()
    return [index_of(connection, name) for connection, name in pairs]


def _plain(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Return the rows for an update: filtered by keys only, without an order."""
    return OutboxEntry.objects.using(queryset.db).filter(pk__in=queryset.order_by().values("pk"))


def _rows_of(definitions: Iterable[IndexDefinition]) -> Q:
    """Return a condition for the rows of these indices, with one part for each connection."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for definition in definitions:
        names[definition.using].append(definition.name)
    rows = Q(pk__in=())
    for connection, some in names.items():
        rows |= Q(connection=connection, index__in=some)
    return rows
