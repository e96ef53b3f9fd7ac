"""The page that shows what a swap would change for users who search."""

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from ....exceptions import ElasticsearchAdminError
from ....indices.definition import get_definition
from ....insight.compared import kept, sentence
from ....insight.preview.preview import preview
from ...permissions import PageAdmin
from ...rights import IndexPages, index_of
from ..operations.actions import PREVIEW
from ..operations.tools import tool_for
from ..parts.address import parse_id
from ..parts.changes import linked
from ..parts.links import model_links
from .frame import frame, open_searched
from .tabs import GENERATIONS

SEARCHES = 100
SECONDS = 10.0


def preview_view(
    pages: IndexPages, searches: PageAdmin, request: HttpRequest, object_id: str
) -> HttpResponse:
    """Send the same searches to two generations, and show the differences.

    Args:
        pages, searches, object_id: see :func:`~.frame.open_searched`.
        request: its parameter is ``generation``.

    Raises:
        PermissionDenied, Http404: see :func:`~.frame.open_searched`.
    """
    detail = open_searched(pages, searches, request, object_id)
    if isinstance(detail, HttpResponse):
        return detail
    connection, name = parse_id(object_id)
    result, problem = None, detail.connection.error
    try:
        if not problem:
            result = preview(
                get_definition(name, connection),
                request.GET.get("generation", "").replace("\0", ""),
                searches=SEARCHES,
                seconds=SECONDS,
            )
    except ElasticsearchAdminError as error:
        problem = str(error)
    context = frame(
        pages, request, object_id, detail, tab=GENERATIONS, subtitle=_("What would a swap change?")
    )
    links = model_links(context["available_apps"], pages.admin_site.name)
    changes = kept(result)["changes"] if result else []
    context |= {
        "result": result,
        "sentence": sentence(result) if result else "",
        "changes": linked(changes, links, detail.status.model),
        "in_background": tool_for(
            PREVIEW,
            pages,
            index_of(connection, name),
            parameters={"generation": result.generation},
        )
        if result and pages.may(PREVIEW.right, request, index_of(connection, name))
        else None,
        "problem": problem,
    }
    request.current_app = pages.admin_site.name
    return TemplateResponse(request, "admin/elasticsearch/index/preview.html", context)
