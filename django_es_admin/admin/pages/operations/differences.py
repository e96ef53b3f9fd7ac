"""The differences that a comparison found: a page of them, and the button that reindexes them."""

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
        kind: the kind of difference, in words.
        named: the object; None if it no longer exists, or the user may not see it.
        url: the URL of the page that shows both sides.
    """

    key: str
    kind: str
    named: NamedObject | None
    url: str


@dataclass(frozen=True)
class Differences:
    """A page of differences.

    Args:
        rows: the differences; empty for a user who may not read the documents.
        kept: how many differences are stored.
        more: how many more differences were found, but not stored.
        writable: how many of the stored ones can be written again.
        hidden: whether this user may not see them.
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
    """Return the differences of a comparison; None if there are none, or it is not a comparison.

    Args:
        number: the number of the page, from 1.
        compare_url: the URL of the page that shows both sides of one key.
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
    # Only keys that a repair could write can be names of objects.
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
    """Reindex the objects that differ, and show the page of the comparison again.

    Raises:
        PermissionDenied: the user does not have the right to reindex objects.
        Http404: the operation is not a comparison with differences, or its index is not declared.
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
