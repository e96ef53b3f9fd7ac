"""Import in bulk requests, and tell what of it is not in the index."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import connections as databases
from django.db import router
from django.db.models import Max
from django.http import HttpRequest
from django.utils.translation import ngettext

from ..conf import get_options
from ..documents import registry
from ..models import OutboxEntry
from ..outbox.pending import drain_rows
from ..outbox.record import key_text
from ..outbox.statistics import flush
from .bulk import CapturedBulk

if TYPE_CHECKING:
    Base = Any
else:
    Base = object

FAILURES_SHOWN = 20


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
