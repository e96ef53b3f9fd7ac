"""Together with django-import-export: export what a search shows, import in bulk requests."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import PermissionDenied
from django.db import connections as databases
from django.db import router, transaction
from django.db.models import Max, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from import_export.admin import ExportMixin
from import_export.formats.base_formats import CSV, TSV
from import_export.resources import Resource
from import_export.signals import post_export
from tablib import Dataset

from .admin.mixins.answer import search_of
from .admin.mixins.ranking import matching
from .conf import get_options
from .documents import registry
from .exceptions import ElasticsearchAdminError, SearchNotAnswered
from .models import OutboxEntry
from .outbox.capture import capture
from .outbox.pending import drain_rows
from .outbox.record import key_text
from .outbox.statistics import flush
from .search.keys import among

if TYPE_CHECKING:
    Base = Any
else:
    Base = object

# Rows that are read, and sent, at once.
PORTION = 1_000
FAILURES_SHOWN = 20


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


class ElasticsearchImportMixin(Base):  # type: ignore[misc]
    """Writes what an import changed in bulk requests, right after it, and lists what failed.

    Name it before import-export's mixins. It captures the rows of ``use_bulk = True``, too, which
    send no signals. A dry run touches nothing.
    """

    def choose_import_resource_class(self, form: Any, request: HttpRequest) -> Any:
        """Return the resource class; what it writes in bulk is captured."""
        resource = super().choose_import_resource_class(form, request)
        return type(resource)(f"Captured{resource.__name__}", (CapturedBulk, resource), {})

    def process_dataset(self, *args: Any, **kwargs: Any) -> Any:
        """Import, then write what that left in the outbox, unless it is left to workers."""
        using = self._database.alias
        rows = OutboxEntry.objects.using(using)
        last = rows.aggregate(last=Max("pk"))["last"] or 0
        result = super().process_dataset(*args, **kwargs)
        if get_options().sync == "inline" and not self._database.in_atomic_block:
            documents = registry.get_documents_for_model(self.model)
            connections = {document.django.using for document in documents}
            # What waited before may be more than a request has time for.
            for _done in drain_rows(
                using, lambda rows: rows.filter(connection__in=connections, pk__gt=last)
            ):
                pass
            flush()
        return result

    def add_success_message(self, result: Any, request: HttpRequest) -> None:
        """Say what was imported, and which of it could not be indexed."""
        super().add_success_message(result, request)
        failures = self._failures(result)
        if failures:
            told = ngettext(
                "%(number)s imported object is not in the index:",
                "%(number)s imported objects are not in the index:",
                len(failures),
            ) % {"number": len(failures)}
            shown = "; ".join(f"{key}: {error}" for key, error in failures[:FAILURES_SHOWN])
            messages.warning(request, f"{told} {shown}")

    def _failures(self, result: Any) -> list[tuple[str, str]]:
        """Return key and reason of each imported object that Elasticsearch refused."""
        imported = {
            key_text(self.model, row.instance.pk)
            for row in result.rows
            if row.instance is not None and row.instance.pk is not None
        }
        documents = registry.get_documents_for_model(self.model)
        refused = (
            OutboxEntry.objects.using(self._database.alias)
            .filter(index__in=[document.django.index_name for document in documents])
            .filter(kind=OutboxEntry.Kind.OBJECT, attempts__gt=0)
            .order_by("pk")
            .values_list("key", "error")
        )
        return [(key, error) for key, error in refused.iterator() if key in imported]

    @property
    def _database(self) -> Any:
        return databases[router.db_for_write(self.model)]


class CapturedBulk(Base):  # type: ignore[misc]
    """A resource that notes in the outbox what it writes in bulk."""

    def bulk_create(
        self, using_transactions: bool, dry_run: bool, *args: Any, **kwargs: Any
    ) -> None:
        """Create, and capture."""
        created = list(self.create_instances)
        write = super().bulk_create
        self._captured(write, created, using_transactions, dry_run, *args, **kwargs)

    def bulk_update(
        self, using_transactions: bool, dry_run: bool, *args: Any, **kwargs: Any
    ) -> None:
        """Update, and capture."""
        updated = list(self.update_instances)
        write = super().bulk_update
        self._captured(write, updated, using_transactions, dry_run, *args, **kwargs)

    def _captured(
        self,
        write: Any,
        instances: list[Model],
        using_transactions: bool,
        dry_run: bool,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        result = kwargs.get("result")
        errors = len(result.base_errors) if result else 0
        using = self.get_db_connection_name()
        with transaction.atomic(using=using):
            write(using_transactions, dry_run, *args, **kwargs)
            if dry_run or (result and len(result.base_errors) > errors):
                return
            keys = [instance.pk for instance in instances if instance.pk is not None]
            # A queryset: of instances each would take a statement of its own.
            capture(among(self._meta.model._base_manager.using(using), keys))
