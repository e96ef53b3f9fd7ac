"""What a comparison found to differ: a page of it, and the button that writes it again."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ....indices.definition import IndexDefinition
from ....lifecycle.reindex import reindex_objects
from ....lifecycle.verify.last import (
    Verified,
    keys_that_differed,
    read_differences,
    read_verified,
)
from ....models import OutboxEntry
from ....operations.acting import acting
from ....operations.history import OperationStatus
from ...rights import index_admin, index_of
from ..parts.address import quoted_id
from ..parts.links import ModelLinks
from ..parts.objects import NamedObject, name_objects
from ..parts.reindexed import tell_reindexed

PER_PAGE = 50


@dataclass(frozen=True)
class DifferenceRow:
    """One object or document that differs.

    Args:
        kind: how, in words.
        named: the object; None where it is gone, or the user may not see it.
        url: of the page that shows both sides.
    """

    key: str
    kind: str
    named: NamedObject | None
    url: str


@dataclass(frozen=True)
class Differences:
    """A page of what differs.

    Args:
        rows: empty for a user who may not read the documents.
        kept: how many can be listed.
        more: how many more differ, and were not kept.
        writable: how many of those that were kept can be written again.
        hidden: whether this user may not see which they are.
    """

    rows: tuple[DifferenceRow, ...]
    kept: int
    more: int
    writable: int
    hidden: bool
    page: int
    pages: int


def read_page(
    operation: OperationStatus,
    number: int,
    links: ModelLinks,
    *,
    compare_url: str,
    may_read: bool,
) -> Differences | None:
    """Return what a comparison found to differ; None if nothing did, or it is no comparison.

    Args:
        number: of the page, from 1.
        compare_url: of the page that shows both sides of one key.
        may_read: whether the user may read every document of the index.
    """
    found = read_verified(operation)
    if found is None or found.equal:
        return None
    pages = max(-(-found.kept // PER_PAGE), 1)
    page = min(max(number, 1), pages)
    rows = _rows(operation, page, links, compare_url) if may_read else ()
    differing = found.missing + found.stale + found.ghosts + found.refused
    return Differences(
        rows=rows,
        kept=found.kept,
        more=max(differing - found.kept, 0),
        writable=_writable(found),
        hidden=not may_read,
        page=page,
        pages=pages,
    )


def _writable(found: Verified) -> int:
    return min(found.missing + found.stale + found.ghosts, found.kept)


def _rows(
    operation: OperationStatus, page: int, links: ModelLinks, compare_url: str
) -> tuple[DifferenceRow, ...]:
    row = operation.row
    found = read_differences(operation, (page - 1) * PER_PAGE, PER_PAGE)
    # What a repair would note is what can be named.
    noted = [
        OutboxEntry(pk=each.pk, connection=row.connection, index=row.index, key=each.key)
        for each in found
    ]
    names = name_objects(noted, links)
    return tuple(
        DifferenceRow(
            each.key,
            each.get_kind_display(),
            names.get(each.pk),
            f"{compare_url}?{urlencode({'key': each.key})}",
        )
        for each in found
    )


def reindex_differences(
    site: AdminSite,
    request: HttpRequest,
    operation: OperationStatus,
    definition: IndexDefinition | None,
) -> HttpResponse:
    """Write again what a comparison found to differ, and show its page again.

    Raises:
        PermissionDenied: the user has not the right to reindex objects.
        Http404: the operation is no comparison that found anything, or its index is not declared.
    """
    pages = index_admin(site)
    index = index_of(operation.row.connection, operation.row.index)
    if not pages.has_reindex_objects_permission(request, index):
        raise PermissionDenied
    found = read_verified(operation)
    if found is None or found.equal or definition is None or definition.document is None:
        raise Http404("This operation found nothing that could be written again.")
    if not definition.connection.readonly:
        pages.log_change(request, index, f"Reindexed what the operation {operation.row.pk} found.")
        with acting(request.user.get_username()):
            result = reindex_objects(definition, keys_that_differed(operation))
        tell_reindexed(pages, request, definition, result)
    url = reverse(
        "admin:elasticsearch_operation_change",
        args=[quoted_id(operation.using, str(operation.row.pk))],
        current_app=site.name,
    )
    return HttpResponseRedirect(url)
