"""Export exactly what a search shows, in its order."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from import_export.admin import ExportMixin
from import_export.formats.base_formats import CSV, TSV
from import_export.resources import Resource
from import_export.signals import post_export
from tablib import Dataset

from ..admin.mixins.answer import search_of
from ..admin.mixins.ranking import matching
from ..exceptions import ElasticsearchAdminError, SearchNotAnswered

if TYPE_CHECKING:
    Base = Any
else:
    Base = object

# Rows that are read, and sent, at once.
PORTION = 1_000


class ElasticsearchExportMixin(Base):  # type: ignore[misc]
    """Exports exactly what the search shows, in its order; CSV and TSV are streamed.

    Name it before import-export's mixins, and
    :class:`~django_es_admin.admin.ElasticsearchSearchMixin` among the bases. Nothing is exported
    while Elasticsearch does not answer: the database would find other rows.
    """

    def choose_export_resource_class(self, form: Any, request: HttpRequest) -> Any:
        """Return the resource class, with its rows best first if the search is ranked."""
        resource = super().choose_export_resource_class(form, request)
        answer = search_of(request).find(self)
        if answer is None or answer.hits is None or request.GET.get(ORDER_VAR):
            return resource
        body = {"ranked_keys": answer.hits.ids}
        return type(resource)(f"Ranked{resource.__name__}", (RankedRows, resource), body)

    def get_valid_export_item_pks(self, request: HttpRequest) -> Iterable[Any]:
        """Return the keys that an export of ticked rows may name: those of the list."""
        keys: Iterable[Any] = self.get_export_queryset(request).values_list("pk", flat=True)
        return keys

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """Show the form or send the file; refuse where the search cannot be answered."""
        try:
            response: HttpResponse = super().export_action(request)
        except ElasticsearchAdminError as error:
            messages.error(request, str(error))
            name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
            address = reverse(name, current_app=self.admin_site.name)
            query = request.GET.urlencode()
            return HttpResponseRedirect(f"{address}?{query}" if query else address)
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
        self._require_answer(request)
        resource_class = self.choose_export_resource_class(export_form, request)
        if (
            type(file_format) not in (CSV, TSV)
            or not _is_streamable(resource_class)
            or self._makes_its_own_file()
        ):
            response: HttpResponse = super()._do_file_export(
                file_format, request, queryset, export_form=export_form
            )
            return response
        resource = resource_class(
            **self.get_export_resource_kwargs(request, export_form=export_form)
        )
        fields = self.get_export_resource_fields_from_form(export_form)
        portions = _portions(resource, queryset, fields, export_form=export_form)
        # The first portion now: an error before it is a page, and not half a file.
        begun = chain(list(islice(portions, 1)), portions)
        encoding = self.to_encoding or "utf-8"
        streamed = StreamingHttpResponse(
            (file_format.export_data(portion).encode(encoding) for portion in begun),
            content_type=file_format.get_content_type(),
        )
        filename = self.get_export_filename(request, queryset, file_format)
        streamed["Content-Disposition"] = f'attachment; filename="{filename}"'
        post_export.send(sender=None, model=self.model)
        return streamed

    def _makes_its_own_file(self) -> bool:
        """Whether the project, or another package, changes what is sent."""
        makers = [each for each in type(self).__mro__ if "get_export_data" in vars(each)]
        return makers[:2] != [ElasticsearchExportMixin, ExportMixin]

    def _require_answer(self, request: HttpRequest) -> None:
        answer = search_of(request).find(self)
        if answer is not None and answer.hits is None:
            raise SearchNotAnswered(
                _("Nothing was exported, as the search is not answered at the moment: %(problem)s")
                % {"problem": answer.problem}
            )


class RankedRows(Base):  # type: ignore[misc]
    """A resource whose rows come best first."""

    ranked_keys: tuple[Any, ...] = ()

    def iter_queryset(self, queryset: Any) -> Iterator[Model]:
        """Yield the rows of the queryset in the order of the hits, a portion at a time."""
        keys = iter(matching(queryset, self.ranked_keys))
        while portion := list(islice(keys, PORTION)):
            rows = {row.pk: row for row in queryset.order_by().filter(pk__in=portion)}
            yield from (rows[key] for key in portion if key in rows)


def _is_streamable(resource: Any) -> bool:
    """Whether a resource leaves the export as a whole to the library."""
    return all(getattr(resource, name) is getattr(Resource, name) for name in _WHOLE)


_WHOLE = ("export", "after_export")


def _portions(
    resource: Any, queryset: QuerySet[Any], fields: Any, **kwargs: Any
) -> Iterator[Dataset]:
    """Yield what ``Resource.export`` returns, in portions; the first one has the headers."""
    resource.before_export(queryset, **kwargs)
    rows = resource.iter_queryset(resource.filter_export(queryset, **kwargs))
    dataset = Dataset(headers=resource.get_export_headers(selected_fields=fields))
    yield_empty = True
    while portion := list(islice(rows, PORTION)):
        for row in portion:
            dataset.append(resource.export_resource(row, selected_fields=fields, **kwargs))
        yield dataset
        dataset, yield_empty = Dataset(), False
    if yield_empty:
        yield dataset
