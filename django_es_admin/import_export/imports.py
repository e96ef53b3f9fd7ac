"""Import in bulk requests, and report which documents are not in the index."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import router
from django.http import HttpRequest
from django.utils.translation import ngettext
from import_export.results import RowResult

from ..outbox.capture.together import Together, together
from .bulk import CapturedBulk
from .portions import InPortions

if TYPE_CHECKING:
    Base = Any
else:
    Base = object

FAILURES_SHOWN = 20

# On the result of an import: threads share the admin.
_ATTRIBUTE = "_django_es_admin_noted"
_CHANGES = (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE, RowResult.IMPORT_TYPE_DELETE)


class ElasticsearchImportMixin(Base):  # type: ignore[misc]
    """Writes what an import changed in bulk requests, right after it, and lists what failed.

    Name it before import-export's mixins. It captures the rows of ``use_bulk = True``, too, which
    send no signals. A dry run touches nothing.
    """

    import_portion: int | None = None
    """Rows of a sheet that are imported in one transaction; omitted: all of it is one. SQLite
    allows no other writes during a transaction, so during a long one users cannot even sign in."""

    def choose_import_resource_class(self, form: Any, request: HttpRequest) -> Any:
        """Return the resource class; what it writes in bulk is captured."""
        resource = super().choose_import_resource_class(form, request)
        bases: tuple[Any, ...] = (CapturedBulk, resource)
        body: dict[str, Any] = {}
        if self.import_portion:
            bases, body = (InPortions, *bases), {"rows_at_once": self.import_portion}
        return type(resource)(f"Captured{resource.__name__}", bases, body)

    def process_dataset(self, *args: Any, **kwargs: Any) -> Any:
        """Import, then write what that left in the outbox, unless it is left to workers."""
        with together(router.db_for_write(self.model)) as noted:
            result = super().process_dataset(*args, **kwargs)
        setattr(result, _ATTRIBUTE, noted)
        return result

    def add_success_message(self, result: Any, request: HttpRequest) -> None:
        """Say what was imported, and what of it is not in the index.

        With ``ATOMIC_REQUESTS`` that is known after the view only, but before its page is made.
        """
        super().add_success_message(result, request)
        noted: Together | None = getattr(result, _ATTRIBUTE, None)
        if noted is not None:
            noted.when_written(partial(self._tell_what_is_left, request, result, noted))

    def _tell_what_is_left(self, request: HttpRequest, result: Any, noted: Together) -> None:
        left = noted.left(self.model, _changed_keys(result))
        if left.refused:
            told = ngettext(
                "The change of %(number)s imported object was refused by the index:",
                "The changes of %(number)s imported objects were refused by the index:",
                len(left.refused),
            ) % {"number": len(left.refused)}
            first = list(left.refused.items())[:FAILURES_SHOWN]
            messages.warning(
                request, f"{told} {'; '.join(f'{key}: {error}' for key, error in first)}"
            )
        if left.waiting:
            told = ngettext(
                "The change of %(number)s imported object waits to be written to the index; "
                "nothing is lost.",
                "The changes of %(number)s imported objects wait to be written to the index; "
                "nothing is lost.",
                left.waiting,
            ) % {"number": left.waiting}
            messages.warning(request, " ".join((told, *left.reasons)))


def _changed_keys(result: Any) -> list[Any]:
    """Return the keys of what was imported; a deleted object may have lost its own."""
    keys = []
    for row in result.rows:
        if row.import_type in _CHANGES:
            key = getattr(row.instance, "pk", None)
            keys.append(row.object_id if key is None else key)
    return [key for key in keys if key is not None]
