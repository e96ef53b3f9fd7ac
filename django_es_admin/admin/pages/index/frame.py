"""The frame of each page of an index: its tabs, its buttons, and the running operations."""

from typing import Any

from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.functional import Promise

from ....conf import get_options
from ....models import Index, Operation
from ....status.detail import IndexDetail
from ...permissions import PageAdmin
from ...rights import RIGHTS, IndexPages, index_of
from ..operations.tools import tools_of
from ..parts.address import find_index, parse_id
from ..parts.tool import READ_ONLY
from .tabs import TABS, Tab


def may_search(pages: IndexPages, request: HttpRequest, object_id: str) -> bool:
    """Return whether the project has the console, and the user the right to it."""
    index = Index(pk=object_id)
    return get_options().console and pages.has_search_index_permission(request, index)


def open_searched(
    pages: IndexPages, searches: PageAdmin, request: HttpRequest, object_id: str
) -> IndexDetail | HttpResponse:
    """Return the index of a page about searches, or the answer to a wrong method.

    Args:
        pages: the pages of the indices.
        searches: the page of the log, which knows who may see searches.
        object_id: ``connection:name``.

    Raises:
        PermissionDenied: the user may not view indices, their documents, or searches.
        Http404: there is no such index, or it is not made from objects.
    """
    pages.require_view(request)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    searches.require_view(request)
    detail = find_index(object_id)
    if not pages.has_view_documents_permission(request, index_of(*parse_id(object_id))):
        raise PermissionDenied
    if not detail.status.model:
        raise Http404("There is no such index.")
    return detail


def frame(
    pages: IndexPages,
    request: HttpRequest,
    object_id: str,
    detail: IndexDetail | None,
    *,
    tab: Tab,
    subtitle: str | Promise | None,
) -> dict[str, Any]:
    """Return the context that all pages of an index have.

    Args:
        detail: the details of the index; None if the settings are invalid.
        tab: the open tab.
        subtitle: the subtitle of the page; None for the default.
    """
    may_read = detail is None or pages.has_view_documents_permission(request, Index(pk=object_id))
    console = may_search(pages, request, object_id)
    context = pages.admin_site.each_context(request)
    context |= {
        "title": parse_id(object_id)[1],
        "subtitle": subtitle,
        "opts": pages.opts,
        "object_id": quote(object_id),
        "tab": tab,
        "tabs": [
            each
            for each in TABS
            if (may_read or not each.private) and (console or not each.console)
        ],
        "detail": detail,
        "index": detail.status if detail else None,
        "may_read": may_read,
    }
    if detail:
        index = index_of(detail.status.connection, detail.status.name)
        readonly = detail.connection.details.readonly
        context |= {
            "tools": tools_of(pages, request, detail.status, readonly=readonly),
            "read_only": READ_ONLY if readonly else "",
            "running": [
                (operation, pages.may(RIGHTS[Operation.Kind(operation.row.kind)], request, index))
                for operation in detail.status.running
            ],
        }
    return context
