"""The page that compares one object's indexed document with the one that would be indexed now."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from ....exceptions import ElasticsearchAdminError
from ....indices.definition import get_definition
from ....lifecycle.reindex import reindex_objects
from ....operations.acting import acting
from ....status.compared_object import compare_object
from ...rights import IndexPages, index_of
from ..parts.address import find_index, parse_id
from ..parts.links import model_links
from ..parts.reindexed import tell_reindexed
from ..parts.tool import READ_ONLY
from .frame import frame
from .tabs import DOCUMENTS

MAX_KEY = 512


def compare_view(pages: IndexPages, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show one object; on POST, add it to the outbox, so that its document is written again.

    Args:
        pages: the pages of the indices.
        object_id: ``connection:name``; the object's key is the parameter ``key``.

    Raises:
        PermissionDenied: the user may not view indices or documents of this index, or may not
            reindex.
        Http404: there is no such index, or it is not made from objects.
    """
    pages.require_view(request)
    connection, name = parse_id(object_id)
    detail = find_index(object_id)
    index = index_of(connection, name)
    key = request.GET.get("key", "")
    sane = 0 < len(key) <= MAX_KEY and "\0" not in key
    if not pages.has_view_document_permission(request, index, key if sane else ""):
        raise PermissionDenied
    if not detail.status.model or not sane:
        raise Http404("There is no such object.")
    definition = get_definition(name, connection)
    may_reindex = pages.has_reindex_objects_permission(request, index)
    readonly = detail.connection.details.readonly
    if request.method == "POST":
        if not may_reindex:
            raise PermissionDenied
        if readonly:
            pages.message_user(request, READ_ONLY, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        pages.log_change(request, index, f"Reindexed {key}.")
        with acting(request.user.get_username()):
            result = reindex_objects(definition, [key])
        tell_reindexed(pages, request, definition, result, single=key)
        return HttpResponseRedirect(request.get_full_path())
    context = frame(pages, request, object_id, detail, tab=DOCUMENTS, subtitle=_("Documents"))
    comparison, problem = None, detail.connection.error
    try:
        comparison = None if problem else compare_object(definition, key)
    except ElasticsearchAdminError as error:
        problem = str(error)
    links = model_links(context["available_apps"], pages.admin_site.name)
    context |= {
        "key": key,
        "object_url": links.change(detail.status.model, key),
        "comparison": comparison,
        "problem": problem,
        "may_reindex": may_reindex,
    }
    request.current_app = pages.admin_site.name
    return TemplateResponse(request, "admin/elasticsearch/index/compare.html", context)
