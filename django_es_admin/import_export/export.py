"""Export exactly what a search shows, in its order."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.views.main import ORDER_VAR, SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db import connections as databases
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from import_export.admin import ExportMixin
from import_export.formats.base_formats import CSV, TSV
from import_export.mixins import BaseExportMixin
from import_export.signals import post_export

from ..admin.mixins.asking.searches import searches_of
from ..admin.mixins.rows.ranking import matching
from ..exceptions import ElasticsearchAdminError, SearchNotAnswered
from .items import KeysForm
from .stream import is_streamable, parts_for, parts_of

if TYPE_CHECKING:
    Base = Any
else:
    Base = object


# Rows that are read at once.
PORTION = 1_000

# The methods of import-export's mixins that make the file.
_FILE = ("get_export_data", "get_data_for_export")


class ElasticsearchExportMixin(Base):  # type: ignore[misc]
    """Exports exactly what the search shows, in its order; CSV and TSV are streamed.

    Name it before import-export's mixins, and
    :class:`~django_es_admin.admin.ElasticsearchSearchMixin` among the bases. Nothing is exported
    while Elasticsearch does not answer: the database would find other rows.
    """

    def choose_export_resource_class(self, form: Any, request: HttpRequest) -> Any:
        """Return the resource class, with its rows best first if the search is ranked."""
        resource = super().choose_export_resource_class(form, request)
        answer = searches_of(request).find(self)
        if answer is None or answer.hits is None or request.GET.get(ORDER_VAR):
            return resource
        body = {"ranked_keys": answer.hits.ids}
        return type(resource)(f"Ranked{resource.__name__}", (RankedRows, resource), body)

    def get_export_form_class(self) -> Any:
        """Return the form, which takes any number of ticked rows."""
        form = super().get_export_form_class()
        return type(form)(f"Keys{form.__name__}", (KeysForm, form), {})

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return all rows that the list shows, on whichever page."""
        searches_of(request).may_page = False
        rows: QuerySet[Any] = super().get_export_queryset(request)
        return rows

    def get_valid_export_item_pks(self, request: HttpRequest) -> Iterable[Any]:
        """Return the keys that an export of ticked rows may name: those of the list."""
        keys: Iterable[Any] = self.get_export_queryset(request).values_list("pk", flat=True)
        return keys

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """Show the form or send the file; refuse where the search cannot be answered."""
        try:
            response: HttpResponse = super().export_action(request)
        except ElasticsearchAdminError as error:
            return self._refuse(request, error)
        return response

    def export_admin_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """Do the same for the rows that were chosen in the list."""
        try:
            response: HttpResponse = super().export_admin_action(request, queryset)
        except ElasticsearchAdminError as error:
            return self._refuse(request, error)
        return response

    def get_export_data(
        self, file_format: Any, request: HttpRequest, queryset: QuerySet[Any], **kwargs: Any
    ) -> Any:
        """Return the file.

        Raises:
            SearchNotAnswered: Elasticsearch did not answer.
        """
        self._require_answer(request)
        return super().get_export_data(file_format, request, queryset, **kwargs)

    def _do_file_export(
        self,
        file_format: Any,
        request: HttpRequest,
        queryset: QuerySet[Any],
        export_form: Any = None,
    ) -> HttpResponse | StreamingHttpResponse:
        # Import-export has no hook between the rows and the response.
        if not self.has_export_permission(request):
            raise PermissionDenied
        self._ask_for_order(request)
        self._require_answer(request)
        resource_class = self.choose_export_resource_class(export_form, request)
        if (
            type(file_format) not in (CSV, TSV)
            or not is_streamable(resource_class)
            or self._makes_its_own_file()
            # The transaction ends before the file is sent, and its cursors with it.
            or databases[queryset.db].in_atomic_block
        ):
            response: HttpResponse = super()._do_file_export(
                file_format, request, queryset, export_form=export_form
            )
            return response
        # What the hooks of a resource are given by import-export itself.
        given: dict[str, Any] = {
            "force_native_type": False,
            "encoding": self.to_encoding,
            "export_form": export_form,
        }
        resource = resource_class(**self.get_export_resource_kwargs(request, **given))
        fields = self.get_export_resource_fields_from_form(export_form)
        parts = parts_of(file_format, resource, queryset, export_fields=fields, **given)
        streamed = StreamingHttpResponse(
            parts_for(request, parts), content_type=file_format.get_content_type()
        )
        filename = self.get_export_filename(request, queryset, file_format)
        streamed["Content-Disposition"] = f'attachment; filename="{filename}"'
        post_export.send(sender=None, model=self.model)
        return streamed

    def _makes_its_own_file(self) -> bool:
        """Return whether the project, or another package, changes what is sent."""
        known = (ElasticsearchExportMixin, ExportMixin, BaseExportMixin)
        others = [vars(each) for each in type(self).__mro__ if each not in known]
        return any(name in each for each in others for name in _FILE)

    def _ask_for_order(self, request: HttpRequest) -> None:
        """Ask for the order of ticked rows: the list needs no search to know which they are."""
        term = request.GET.get(SEARCH_VAR, "")
        if term and not request.GET.get(ORDER_VAR) and searches_of(request).find(self) is None:
            self.get_search_results(request, self.get_queryset(request), term)

    def _require_answer(self, request: HttpRequest) -> None:
        answer = searches_of(request).find(self)
        if answer is not None and answer.hits is None:
            raise SearchNotAnswered(
                _(
                    "Nothing was exported, because the search is not answered at the moment: "
                    "%(problem)s"
                )
                % {"problem": answer.problem}
            )

    def _refuse(self, request: HttpRequest, error: ElasticsearchAdminError) -> HttpResponse:
        messages.error(request, str(error))
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        address = reverse(name, current_app=self.admin_site.name)
        query = request.GET.urlencode()
        return HttpResponseRedirect(f"{address}?{query}" if query else address)


class RankedRows(Base):  # type: ignore[misc]
    """A resource whose rows come best first; it goes before the bases of one."""

    ranked_keys: tuple[Any, ...] = ()

    def iter_queryset(self, queryset: Any) -> Iterator[Model]:
        """Yield the rows of the queryset in the order of the hits, a portion at a time."""
        keys = iter(matching(queryset, self.ranked_keys))
        while portion := list(islice(keys, PORTION)):
            rows = {row.pk: row for row in queryset.order_by().filter(pk__in=portion)}
            yield from (rows[key] for key in portion if key in rows)
