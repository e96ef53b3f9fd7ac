"""The page that shows why an object is found for some words, or is not."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from ....exceptions import ElasticsearchAdminError, SearchUnknown
from ....indices.definition import IndexDefinition, get_definition
from ....insight.searches import KnownSearch
from ....insight.why.sentence import sentence
from ....insight.why.why import explain_why
from ....normal import printable
from ...rights import IndexPages, index_of
from ..parts.address import find_index, parse_id
from ..parts.links import model_links
from .compare import MAX_KEY
from .frame import frame
from .known_searches import BOX, model_admin_of, searches_for, title_of
from .tabs import DOCUMENTS

MOST_CHARACTERS = 1_000


def why_view(pages: IndexPages, request: HttpRequest, object_id: str) -> HttpResponse:
    """Read an object and words from a form, and show why the search finds the object, or does not.

    Args:
        pages: the pages of the indices.
        object_id: ``connection:name``; the parameters are ``key``, ``q`` and ``search``, and
            ``filters`` as in the log.

    Raises:
        PermissionDenied: the user may not view indices, or this object's document.
        Http404: there is no such index, or it is not made from objects.
    """
    pages.require_view(request)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    connection, name = parse_id(object_id)
    detail = find_index(object_id)
    index = index_of(connection, name)
    key, text = request.GET.get("key", "").strip(), request.GET.get("q", "")[:MOST_CHARACTERS]
    if not detail.status.model or len(key) > MAX_KEY or "\0" in key:
        raise Http404("There is no such object.")
    filters = printable(request.GET.get("filters", ""))[:MOST_CHARACTERS]
    reads_all = pages.has_view_documents_permission(request, index)
    if key and not (reads_all or pages.has_view_document_permission(request, index, key)):
        raise PermissionDenied
    definition = get_definition(name, connection)
    known = searches_for(pages, request, definition)
    asked, problem = request.GET.get("search", ""), detail.connection.error
    search = next((one for one in known if asked in ("", one.name)), None)
    why = None
    try:
        if search is None:
            raise SearchUnknown
        if key and text.strip() and not problem:
            why = explain_why(
                definition,
                key,
                text,
                search,
                filters=filters,
                rows=_rows(pages, request, definition, search),
                tells_rank=reads_all,
            )
    except ElasticsearchAdminError as error:
        problem = str(error)
    context = frame(
        pages, request, object_id, detail, tab=DOCUMENTS, subtitle=_("Why is this (not) found?")
    )
    links = model_links(context["available_apps"], pages.admin_site.name)
    context |= {
        "key": key,
        "text": text,
        "filters": filters,
        "object_url": links.change(detail.status.model, key) if key else "",
        "searches": [(one.name, title_of(one), one is search) for one in known],
        "why": why,
        "sentence": sentence(why) if why else "",
        "problem": problem,
    }
    request.current_app = pages.admin_site.name
    return TemplateResponse(request, "admin/elasticsearch/index/why.html", context)


def _rows(
    pages: IndexPages, request: HttpRequest, definition: IndexDefinition, search: KnownSearch
) -> QuerySet[Any] | None:
    """Return the rows that this user sees in the list; None for a search without a list."""
    if search.name != BOX:
        return None
    part = next(one for one in definition.parts if one.document is search.document)
    rows: QuerySet[Any] = model_admin_of(pages, part).get_queryset(request)
    return rows
